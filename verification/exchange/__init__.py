"""Requirements and risks as ReqIF (Requirements Interchange Format, OMG): written, and read back without loss."""

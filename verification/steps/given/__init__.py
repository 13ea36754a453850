"""Given: the files of a scenario. Each is a real DICOM, PNG or JPEG file, made in the scenario's own folder."""

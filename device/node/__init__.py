"""The device as a DICOM node: images come from a PACS, each study gets one answer, and the answer goes back.

What was acknowledged is on disk, so that a node that is killed goes on where it was. `serving` starts the processes:
one that receives, several that work, one that delivers; they know each other by the `store` alone.
"""

"""Traceability: the items of the specification, the links between them, and whether each link holds."""

"""From the evidence to the names that templates see: each a value or a gap, nothing computed but counts."""

"""Everything that a reader reads, rendered from evidence; it computes no figure and imports the evidence alone."""

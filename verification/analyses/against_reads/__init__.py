"""A score, or the mined labels, against what radiologists read of the same images: each source apart, none pooled."""

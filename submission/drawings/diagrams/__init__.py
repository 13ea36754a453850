"""Boxes, lanes and lines: what leads where, what derives from what, what stands where; no scale and no measure."""

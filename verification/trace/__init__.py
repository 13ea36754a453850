"""The trace as a whole: every source joined, judged, written as evidence and shown; adds no link of its own."""

"""What a page shows, against what its text says: one way to write a file, shipped glyphs, visible text in its place.

A package's documents are written by one program in one way, so that the audit need not know what harm every part of PDF
can do: what our pages have no use for is not there. What is left is looked at as a reader sees it.
"""

from submission.audit.page.look import find_in_look

__all__ = ["find_in_look"]

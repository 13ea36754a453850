"""An independent checker of a built package: standard library and PDFium, own arithmetic, no code of the build.

It trusts nothing but the folder that it is given, and feeds no document.
"""

from submission.audit.audit import Finding, Report, audit, find_in_files
from submission.audit.trusted import TrustError

__all__ = ["Finding", "Report", "TrustError", "audit", "find_in_files"]

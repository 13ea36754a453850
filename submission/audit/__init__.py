"""An independent checker of a built package: own arithmetic, no code of the build, whose templates are read as data.

It trusts nothing but the folder that it is given, and feeds no document.
"""

from submission.audit.audit import Finding, Report, audit, find_in_files
from submission.audit.trusted import TrustError

__all__ = ["Finding", "Report", "TrustError", "audit", "find_in_files"]

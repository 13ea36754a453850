"""For whoever writes items and scenarios: forms, the sentences there are, and what stops a build in what is written."""

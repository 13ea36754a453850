"""Code, features, locks and revisions as they stand: read, never imported or run; judges nothing."""

"""What a package holds beside its documents, judged by what it says itself: scores, release, verdicts, workbook."""

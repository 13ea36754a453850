"""What a package holds, judged by what it says itself: scores, release, verdicts, workbook, rows, lists, words."""

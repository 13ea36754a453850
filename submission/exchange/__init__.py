"""What leaves for colleagues and comes back: Word, workbooks, redlines, signatures; changes no evidence."""

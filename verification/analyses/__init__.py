"""What the scores of a study can be asked, one question a file: pure, from cases to estimates, tables and figures."""

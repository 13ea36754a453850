"""From markup to pages: PDF, the text read back from it, prints kept, one volume; knows no evidence by name."""

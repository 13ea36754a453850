"""The folder of documents as a whole: built, left alone where unchanged, listed, told; makes no text of its own."""

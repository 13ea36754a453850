"""What is asked and what is said: the catalogue of documents, answers, labelling, wording; knows no page."""

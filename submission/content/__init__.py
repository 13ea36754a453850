"""What is asked and what is said: the catalog of documents, answers, labeling, wording; knows no page."""

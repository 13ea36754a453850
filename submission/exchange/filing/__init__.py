"""What is sent to FDA and answered there: folders for the form, a pre-submission, a letter answered, what was filed."""

"""Whether these tools can be believed here: the installation looked at, known faults put in and found."""

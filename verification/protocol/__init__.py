"""What a study is: plan, criteria, log, tables of scores, images; it reads what is written and estimates nothing."""

ROOMS = ("datasets", "statistics", "protocol", "estimation", "analyses", "evaluation")
"""The rooms of `verification` whose code makes estimates."""

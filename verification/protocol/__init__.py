"""What a study is: plan, criteria, log, scores, operating point and cases; it reads and holds, and asks no question."""

ROOMS = ("datasets", "statistics", "protocol", "analyses", "evaluation")
"""The rooms of `verification` whose code makes estimates."""

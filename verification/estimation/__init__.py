"""Cases of a study, what they are held against, and estimates of them with intervals, curves and tables."""

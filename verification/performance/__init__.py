"""Clinical performance: metrics, intervals, subgroups, the operating point, and the evaluation of studies."""

"""Arrays in, numbers out: metrics, intervals, power, prevalence; knows no study, no file and no device."""

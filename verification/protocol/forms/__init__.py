"""Forms of studies that are to be planned: what is known is filled in, what a person has to decide says so."""

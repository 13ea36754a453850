"""All that the suite knows of this very device, by one door (`api`); how any product is described. Judges nothing."""

"""All that the suite knows of this very device: what it says of itself, found out by calling it; judges nothing."""

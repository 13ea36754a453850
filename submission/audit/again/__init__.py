"""What the evidence says of a study and of the trace, found once more from what it rests on."""

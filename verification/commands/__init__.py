"""What a person types: one command a file, which parses, calls a room below and says what came out."""

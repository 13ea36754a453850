"""What differs between two states, and what that touches; shows what to do again, and does none of it."""

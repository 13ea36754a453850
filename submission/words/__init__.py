"""Evidence becomes text: every figure leaves as words that know their origin; reads no file but its own fonts."""

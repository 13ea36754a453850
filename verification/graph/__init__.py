"""What is linked to what, and whether each link holds, from items, code and scenarios; runs nothing."""

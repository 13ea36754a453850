"""What people write as YAML: items, their schema and places, read strictly and remembered; knows no code."""

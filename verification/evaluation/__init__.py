"""From the file to the evidence: studies opened, scored and evaluated; the arithmetic is in the rooms below."""

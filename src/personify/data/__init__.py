"""People to learn from: synthetic ones made here, and how their views are chosen and disturbed."""

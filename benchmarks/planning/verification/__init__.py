"""Whether an answer holds: its places, its placement groups, its limits."""

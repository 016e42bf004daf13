"""Each AWS call of a cluster's life with each thing that can happen to it, as a table."""

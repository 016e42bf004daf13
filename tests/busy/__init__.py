"""Pages of a web process that many people use at the same time."""

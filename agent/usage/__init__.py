"""What each node uses, by process or by host, and the samples made of it."""

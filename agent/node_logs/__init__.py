"""Log files of nodes on their way to Mobula."""

"""Pages of environments and change requests."""

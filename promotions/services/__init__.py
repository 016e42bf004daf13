"""What people do with environments and change requests."""

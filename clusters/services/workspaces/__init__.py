"""What people do with their workspaces."""

"""What of workspaces is neither a page nor done by somebody: addresses, access, what is shown."""

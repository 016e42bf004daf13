"""What people, and the head agent, do to templates and clusters."""

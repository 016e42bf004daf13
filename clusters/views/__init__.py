"""The pages of templates and clusters, and the head agent's endpoint."""

"""The services of the head, GCS and dashboard, and what they say of the cluster."""

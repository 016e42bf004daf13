"""Whether a cluster does what is wanted of it, and what to do where it does not."""

"""Standing requests: the cluster as a whole, used or not, is large enough for them."""

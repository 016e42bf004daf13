"""Node types, traces of demand, and the instances made of them."""

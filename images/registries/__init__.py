"""How Mobula signs in to registries, and what it asks of them."""

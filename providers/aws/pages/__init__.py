"""What the console's pages of a cloud on AWS say: its settings, and the rights that it needs."""

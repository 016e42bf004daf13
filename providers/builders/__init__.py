"""What builds images: a program on this host, or a service elsewhere."""

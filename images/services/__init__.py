"""What people do with images and registries."""

"""What people post and ask for on the pages of images."""

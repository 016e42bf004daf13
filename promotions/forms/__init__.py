"""What people post to the pages of environments and change requests. Services decide."""

"""What people post to the clouds' pages."""

"""What a machine does from its first boot until Ray on it has joined: data in, text out."""

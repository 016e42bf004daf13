"""How fast a launch is requested while other clusters report the hardest demand allowed."""

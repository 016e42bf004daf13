"""Kills programs at random moments: phases of a life, victims, and what watches for losses."""

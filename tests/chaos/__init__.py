"""Processes of a real portal are killed, and what is left behind is examined."""

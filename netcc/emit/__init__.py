"""Nets as plain Python modules that need NumPy alone, for people to read."""

"""Saved searches: keep them, and tell their owners of cars."""

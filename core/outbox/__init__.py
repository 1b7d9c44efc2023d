"""Committed changes, handed to their consumers."""

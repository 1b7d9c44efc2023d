"""Committed changes, handed to their consumers: triggers and `emit` write, `reader` reads, `trim` deletes them."""

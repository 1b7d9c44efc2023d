"""Feeds, as their senders see them."""

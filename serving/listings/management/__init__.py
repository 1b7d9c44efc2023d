"""Listings for their owners: posted, changed, moved between states, in every state that they have."""

"""Listings as an audience may see them."""

"""Listings: the inventory as the dealers last described it."""

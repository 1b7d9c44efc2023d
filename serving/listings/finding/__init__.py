"""Listings for those who look for a car: found by the index, read for an audience, with the seller's contact."""

"""Dealers' rows into the inventory: what is the same car, what changed, what is gone, and who must hear of it."""

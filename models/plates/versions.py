"""Versions of what is found and of what is drawn; a module of its own, since the others load the engines."""

FINDING = 4
"""Version of weights, thresholds and padding; findings of another version are not compared."""
REPLACING = 1
"""Version of the way in which areas are replaced."""

"""Versions of what is found and of what is drawn; a module of its own, since the others load the engines."""

FINDING = 2
"""Of weights, thresholds and padding; findings of another version are not compared."""
REPLACING = 1
"""Of how areas are replaced."""

"""Judge photos of cars: how sharp, well lit, whole and plain they are, and what the seller should do about it."""

VERSION = 1
"""Version of measures, thresholds and points; scores of another version are not compared."""

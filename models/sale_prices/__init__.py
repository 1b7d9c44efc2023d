"""The sale price to expect for an asking price, and the days until a car sells at it."""

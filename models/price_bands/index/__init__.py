"""Estimate the market's price level over time."""

"""Copies of the photos that feeds name by their addresses."""

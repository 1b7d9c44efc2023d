"""Holds of cars: opened, paid, ended early, by time or by taking the money."""

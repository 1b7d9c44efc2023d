"""Boosted trees on the residuals of the linear estimate."""

"""Deposits in the data team's graph."""

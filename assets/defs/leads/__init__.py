"""Leads in the data team's graph."""

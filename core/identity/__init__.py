"""Organisations, branches and the credentials of their systems."""

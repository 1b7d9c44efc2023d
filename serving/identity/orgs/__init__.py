"""Organisations: their branches and their service accounts."""

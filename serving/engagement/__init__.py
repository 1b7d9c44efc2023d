"""Capture of shoppers' events for the API, and what it may reach."""

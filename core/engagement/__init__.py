"""Definitions that capture and counting of engagement share."""

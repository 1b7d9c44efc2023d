"""Logins, from the one-time code to tokens and sessions, and who a caller is."""

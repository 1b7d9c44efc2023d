"""Endpoints of partners: what they subscribe to, and what was sent to them."""

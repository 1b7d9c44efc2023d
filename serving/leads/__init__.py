"""Leads: buyers' questions about cars, and the answers that they are owed."""

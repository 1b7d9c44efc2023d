"""Members of organisations: invited, given roles, and leaving."""

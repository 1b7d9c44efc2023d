"""Search by apps themselves."""

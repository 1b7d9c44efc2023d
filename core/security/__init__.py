"""Secrets that we give out: made here, kept as hashes, compared without telling how much of them was right."""

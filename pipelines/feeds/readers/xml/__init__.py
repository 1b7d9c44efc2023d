"""Read XML feeds."""

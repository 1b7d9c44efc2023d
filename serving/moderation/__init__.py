"""Decide about ads: by rules where they can decide, by people where they cannot."""

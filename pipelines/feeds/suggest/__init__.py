"""Propose a mapping for an unknown file, with reasons, for a person to correct and save."""

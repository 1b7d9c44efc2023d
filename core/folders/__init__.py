"""Folders by a plain name, and folders that must be written."""

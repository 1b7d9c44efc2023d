"""Read, normalise and check a feed file as a whole."""

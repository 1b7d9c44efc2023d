"""Find photos that are one among all that are judged, and keep the pairs."""

"""Search: the index of live listings."""

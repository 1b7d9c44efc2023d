"""The stored band of a listing, and quotes for cars that are not listed."""

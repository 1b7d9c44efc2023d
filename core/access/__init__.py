"""Access: the caller of a request, and what the caller may see or do."""

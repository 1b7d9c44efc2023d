"""Search: one `SearchEngine` interface, its query and document types, and the engines behind it."""

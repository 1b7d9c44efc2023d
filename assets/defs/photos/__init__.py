"""Photos: copies of those that feeds name."""

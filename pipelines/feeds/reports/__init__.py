"""Report what became of a dealer's deliveries."""

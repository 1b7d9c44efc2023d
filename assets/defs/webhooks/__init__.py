"""What was sent to partners, in the data team's graph."""

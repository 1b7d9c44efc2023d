"""What capture and counting of engagement have in common."""

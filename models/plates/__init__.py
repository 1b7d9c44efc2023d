"""Find number plates in photos of vehicles, and replace them by a flat area."""

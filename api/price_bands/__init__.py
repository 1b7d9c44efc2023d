"""What a car is worth."""

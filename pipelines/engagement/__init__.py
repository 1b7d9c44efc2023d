"""What shoppers do: captured, kept by the hour, and counted."""

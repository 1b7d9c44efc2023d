"""Whether the platform can answer."""

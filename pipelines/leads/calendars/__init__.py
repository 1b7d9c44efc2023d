"""Business calendars: when an organisation is open, as data."""

"""People log in, and organisations run themselves."""

"""Read bytes as raw rows: unpacking, encoding, CSV, XML, JSON."""

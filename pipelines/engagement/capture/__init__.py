"""Take in batches of events: read, tell repeats, stamp, and write each accepted one once."""

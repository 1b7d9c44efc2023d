"""Clean the background of photos, for organisations that want it."""

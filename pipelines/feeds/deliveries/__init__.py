"""Register the files that come in, from the inbox or by upload."""

"""Connect to addresses that strangers name, but never to private addresses or our own servers."""

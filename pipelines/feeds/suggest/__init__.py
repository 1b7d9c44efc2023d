"""A mapping for a file that nobody has seen before, proposed with its reasons, for a person to correct and keep."""

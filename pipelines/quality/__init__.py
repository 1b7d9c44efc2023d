"""Data quality: the Great Expectations suite that a batch of parsed feed rows must pass before it is published."""

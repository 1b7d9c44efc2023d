"""Check the quality of parsed feed rows with Great Expectations before they are published."""

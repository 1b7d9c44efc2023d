"""Order of hits and the cursor of the next page."""

"""Take files in: inbox, upload, and the row that each delivery gets."""

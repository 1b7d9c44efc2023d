"""Delete rows that are older than their domain says."""

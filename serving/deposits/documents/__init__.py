"""Pages that buyers see: of payments, and numbered receipts."""

"""Keep the audit trail: chain its records, and verify the chain."""

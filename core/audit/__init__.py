"""Record acts in the audit trail."""

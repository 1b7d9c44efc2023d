"""The audit trail in the data team's graph."""

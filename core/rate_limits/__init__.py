"""Limits on how often an operation is called: rules, callers, counters in process, in PostgreSQL or in Redis."""

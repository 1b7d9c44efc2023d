"""Retention of tables that all domains share: repeated requests, rate limits, the outbox."""

"""Answers about the audit trail."""

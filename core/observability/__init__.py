"""Logging, and the request or run that a log line belongs to."""

"""Readiness of the platform."""

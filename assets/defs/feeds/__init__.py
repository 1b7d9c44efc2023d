"""Feeds: what dealers sent, parsed and checked before it is published."""

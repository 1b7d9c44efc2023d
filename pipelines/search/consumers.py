"""Declare search as a consumer of the outbox; `core.search.following` defines it, for the API asks for its lag too."""

from core.search.following import SEARCH

__all__ = ["SEARCH"]

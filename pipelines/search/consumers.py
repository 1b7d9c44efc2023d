"""What this domain follows."""

from core.search.following import SEARCH

__all__ = ["SEARCH"]

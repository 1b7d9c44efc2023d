"""The production engine: Meilisearch, through its official client."""

from core.search.meilisearch.client import MeilisearchServer
from core.search.meilisearch.engine import MeilisearchEngine

__all__ = ["MeilisearchEngine", "MeilisearchServer"]

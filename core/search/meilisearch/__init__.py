"""The production engine: Meilisearch, through its official client."""

from core.search.meilisearch.engine import MeilisearchEngine
from core.search.meilisearch.server import MeilisearchServer

__all__ = ["MeilisearchEngine", "MeilisearchServer"]

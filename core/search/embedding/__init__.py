"""Search by meaning: sentences about cars as vectors, and the cars nearest to a search text."""

from core.search.embedding.embedder import Embedder, open_embedder
from core.search.embedding.store import VectorStore
from core.search.embedding.vectors import Vectors

__all__ = ["Embedder", "VectorStore", "Vectors", "open_embedder"]

"""Meaning beside words: sentences about cars as vectors, and the cars nearest to a question."""

from core.search.embedding.embedder import Embedder, open_embedder
from core.search.embedding.store import Vectors, VectorStore

__all__ = ["Embedder", "VectorStore", "Vectors", "open_embedder"]

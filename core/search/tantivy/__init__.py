"""The embedded engine: tantivy, in process, in a folder, with no server."""

from core.search.tantivy.engine import TantivyEngine

__all__ = ["TantivyEngine"]

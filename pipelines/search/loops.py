"""The background loops of search."""

from core.work.loop import Loop
from pipelines.search.follow import following_index
from pipelines.search.keep_vectors import keeping_vectors

FOLLOW = Loop(
    "search.follow",
    following_index,
    longest_seconds=3_600,  # an index that was lost is built anew in one turn
)

VECTORS = Loop("search.vectors", keeping_vectors, pause_seconds=10.0)

"""The background loops of search."""

from core.work.loop import Loop
from pipelines.search.follow import following_index

FOLLOW = Loop(
    "search.follow",
    following_index,
    longest_seconds=3_600,  # an index that was lost is built anew in one turn
)

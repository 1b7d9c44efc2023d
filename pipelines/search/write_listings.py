"""Write listings into an index: the step that a sync and a rebuild share."""

from dataclasses import dataclass
from uuid import UUID

from core.search.engine import IndexBatch
from pipelines.search.repository import ListingDocumentRepository

_CHUNK = 2_000


@dataclass(frozen=True)
class SyncResult:
    """Counts of one sync: `upserted + deleted` listings came from `events` events (each listing once)."""

    events: int
    upserted: int
    deleted: int
    rebuilt: bool


def write_listings(listings: ListingDocumentRepository, batch: IndexBatch, ids: list[UUID]) -> int:
    """Put those of the listings that are live into the index, take the others out, and return the number put in."""
    upserted = 0
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        documents = listings.live(chunk)
        batch.upsert(documents)
        batch.delete(set(chunk) - {document.id for document in documents})
        upserted += len(documents)
    return upserted

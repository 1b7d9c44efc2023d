"""Keep the vectors of the live listings level with the table, for search by meaning."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from sqlalchemy.orm import Session

from core.search.embedding import Embedder, VectorStore
from core.search.embedding.sentences import sentence_of
from pipelines.search.repository import ListingDocumentRepository

AT_ONCE = 256
"""Listings that are added together: some seconds of work, which a killed process loses at most."""
OnProgress = Callable[[int, int], None]
"""Is called with the number of listings that are done, and of all that have to be."""


@dataclass(frozen=True)
class EmbedResult:
    """Numbers of live listings, of those that were put in or taken out, and of sentences that had to be embedded."""

    listings: int
    changed: int
    gone: int
    embedded: int


def live_sentences(session: Session) -> dict[UUID, str]:
    """Return the sentence of every live listing."""
    chunks = ListingDocumentRepository(session).all_live()
    return {document.id: sentence_of(document) for chunk in chunks for document in chunk}


def embed_listings(
    sentences: Mapping[UUID, str], store: VectorStore, embedder: Embedder, on_progress: OnProgress | None = None
) -> EmbedResult:
    """Make the vectors equal to all listings, some hundred at a time; what is done stays if the process is killed."""
    wanted = store.difference(sentences, embedder.name)
    embedded = done = 0
    if wanted.gone or not wanted.changed:
        store.update({}, wanted.gone, embedder)
    for part in in_parts(wanted.changed):
        embedded += store.update(part, (), embedder)
        done += len(part)
        if on_progress is not None:
            on_progress(done, len(wanted.changed))
    return EmbedResult(len(sentences), len(wanted.changed), len(wanted.gone), embedded)


def embed_changed(session: Session, ids: list[UUID]) -> tuple[dict[UUID, str], list[UUID]]:
    """Return the sentences of those of the listings that are live, and the ids of the others."""
    live = {document.id: sentence_of(document) for document in ListingDocumentRepository(session).live(ids)}
    return live, [one for one in ids if one not in live]


def in_parts(sentences: Mapping[UUID, str]) -> Iterator[dict[UUID, str]]:
    """Yield the sentences some hundred at a time, as many as one addition takes."""
    left = iter(sentences.items())
    while part := dict(islice(left, AT_ONCE)):
        yield part

"""Make the vectors of the live listings, for search by meaning."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.search.embedding import Embedder, VectorStore
from core.search.embedding.sentences import sentence_of
from pipelines.search.repository import ListingDocumentRepository


@dataclass(frozen=True)
class EmbedResult:
    """Numbers of live listings, of different sentences about them, and of sentences that had to be embedded."""

    listings: int
    sentences: int
    embedded: int


def embed_listings(session: Session, store: VectorStore, embedder: Embedder) -> EmbedResult:
    """Make the set of vectors anew from the table; sentences that were embedded before are not embedded again."""
    chunks = ListingDocumentRepository(session).all_live()
    sentences = {document.id: sentence_of(document) for chunk in chunks for document in chunk}
    embedded = store.replace(sentences, embedder)
    return EmbedResult(len(sentences), len(set(sentences.values())), embedded)

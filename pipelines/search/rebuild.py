"""Build a new index beside the present one, let it answer only when it is whole and sound, and go back to the old one.

The order: settings, all live listings, whatever changed meanwhile, checks of the new index, the exchange. Until the
exchange searches go on in the present index; afterwards that one is kept for `rollback_index`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.errors import ConflictError
from core.search.engine import IndexView, RebuildBatch, SearchEngine
from core.settings import Settings
from pipelines.search.outbox import OutboxRepository, Watermark
from pipelines.search.repository import ListingDocumentRepository
from pipelines.search.verify import index_problems
from pipelines.search.write_listings import SyncResult, write_listings

_ROUNDS = 10  # of replaying changes: a market that changes all the time must not keep a rebuild from ending
Progress = Callable[[int], None]


@dataclass(frozen=True)
class RebuildLimits:
    """The limits beyond which a new index is refused.

    It may lack `max_shrink_percent` of the present one's listings, or `always` of them where that is more: a greater
    loss is a broken database or a restored backup more often than a market that sold out.
    """

    max_shrink_percent: float = 20.0
    always: int = 20
    canaries: int = 20  # random listings that must be found by their own title and filters
    accept_shrink: bool = False  # a person has checked that the loss is right

    @classmethod
    def of(cls, settings: Settings, *, accept_shrink: bool = False) -> "RebuildLimits":
        """Return the limits that the settings publish."""
        return cls(settings.search_max_shrink_percent, accept_shrink=accept_shrink)

    def allows(self, before: int, after: int) -> bool:
        """Tell whether an index of `before` listings may be replaced by one of `after`."""
        return self.accept_shrink or before - after <= max(self.always, before * self.max_shrink_percent / 100)


PUBLISHED = RebuildLimits()


@dataclass(frozen=True)
class RollbackResult:
    """The index that answers now, the one that is kept, and the number of changes that the first has not seen yet."""

    index_id: str
    previous_id: str | None
    lag: int


def rebuild_index(
    session: Session, engine: SearchEngine, limits: RebuildLimits = PUBLISHED, progress: Progress | None = None
) -> SyncResult:
    """Build a new index from all live listings, aside, and let it answer once it is whole and sound.

    The caller commits. The watermark is the snapshot of before the first row was read, moved on by the replay:
    whatever it does not cover is sent by the next sync.

    Raises:
        RetryableError: `index_busy` while another process fills the index.
        ConflictError: `index_shrank`, `index_not_sound`. The present index keeps answering, unchanged.
    """
    outbox = OutboxRepository(session)
    outbox.lock()
    with engine.rebuilding() as batch:
        kept = engine.previous_id()
        before = 0 if engine.index_id() is None else engine.document_count()
        watermark, upserted = outbox.now(), 0
        for documents in ListingDocumentRepository(session).all_live():
            batch.upsert(documents)
            upserted += len(documents)
            if progress is not None:
                progress(upserted)
        watermark, events = _replay(session, batch, watermark)
        candidate = batch.candidate()
        _refuse_unsound(index_problems(session, candidate, watermark, limits.canaries))
        _refuse_shrunken(before, candidate, limits)
        outbox.move_watermark(batch.index_id, watermark)
        indexed = candidate.document_count()
    if kept is not None:
        outbox.forget(kept)
    return SyncResult(events, indexed, 0, rebuilt=True)


def rollback_index(session: Session, engine: SearchEngine) -> RollbackResult:
    """Let the index before the last rebuild answer again. The next sync sends it what it has missed.

    Again, and the two change places once more. The caller commits.

    Raises:
        ConflictError: `no_previous_index`; `previous_index_too_old` where the changes that it has missed are no more
            in the outbox.
    """
    outbox = OutboxRepository(session)
    outbox.lock()
    wanted = engine.previous_id()
    if wanted is not None and outbox.watermark(wanted) is None:
        raise ConflictError(
            "The previous index has missed changes that the outbox no longer has; run `automart search rebuild`.",
            code="previous_index_too_old",
        )
    answering = engine.rollback()
    return RollbackResult(answering, engine.previous_id(), outbox.lag(answering).events)


def _replay(session: Session, batch: RebuildBatch, since: Watermark) -> tuple[Watermark, int]:
    """Send what changed since the watermark and meanwhile; return the new watermark and the number of events."""
    outbox, listings, events = OutboxRepository(session), ListingDocumentRepository(session), 0
    for _ in range(_ROUNDS):
        backlog = outbox.backlog(since)
        if not backlog.events:
            break
        write_listings(listings, batch, backlog.listing_ids)
        since, events = backlog.watermark, events + backlog.events
    return since, events


def _refuse_unsound(problems: list[str]) -> None:
    if problems:
        raise ConflictError(
            f"The new index is not sound and was dropped; the present one keeps answering. {' '.join(problems[:5])}",
            code="index_not_sound",
        )


def _refuse_shrunken(before: int, candidate: IndexView, limits: RebuildLimits) -> None:
    after = candidate.document_count()
    if not limits.allows(before, after):
        raise ConflictError(
            f"The new index has {after:,} listings and the present one {before:,}: that is more than"
            f" {limits.max_shrink_percent:g} % less, so the new one was dropped and the present one keeps answering."
            " Look at the listings table; if it is right, run `automart search rebuild --accept-shrink`.",
            code="index_shrank",
        )

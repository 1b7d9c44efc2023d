"""Apply a parsed file, as far as newer files of the dealer have left something to decide."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import polars as pl
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import FeedFile
from core.storage import Storage
from pipelines.feeds.deliveries.repository import FeedFileRepository, FeedRejectRepository
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.parsing.parse import ParsedFeed
from pipelines.feeds.readers.limits import DEFAULT_LIMITS as FEED_LIMITS
from pipelines.feeds.readers.limits import FeedLimits
from pipelines.feeds.reject_codes import has_lost_keys
from pipelines.imports.precedence import NamedKeys, Standing, named_keys, reject_keys, standing_of
from pipelines.imports.result import ImportResult, recorded
from pipelines.imports.row_cache_store import Memory
from pipelines.listings.removal_limits import DEFAULT_LIMITS, RemovalLimits
from pipelines.listings.removal_overrides import limits_of
from pipelines.listings.removals import RemovalRepository
from pipelines.listings.upsert import Delivery, Upserted, UpsertResult, upsert_deliveries

Reread = Callable[[], ParsedFeed]


def is_duplicate(session: Session, file: FeedFile, *, accept_removals: bool = False) -> bool:
    """Whether the listings show these bytes already, read by this version of the mapping (decision 0006).

    With `accept_removals` a file whose removals were held back is no duplicate: there is something left to do.
    """
    files = FeedFileRepository(session)
    last = files.last_decided(file.org_id, file.mapping)
    if accept_removals and files.held_back(file):
        return False
    if last is not None and (last.digest, last.mapping_version) == (file.digest, file.mapping_version):
        return True
    return files.redelivered(file) is not None


def decide(
    session: Session,
    storage: Storage,
    file: FeedFile,
    mapping: Mapping,
    parsed: ParsedFeed | None,
    *,
    accept_removals: bool = False,
    again: Reread | None = None,
    memory: Memory | None = None,
    feed_limits: FeedLimits = FEED_LIMITS,
) -> ImportResult:
    """Apply the parsed rows and record it; no rows at all (None) mean a duplicate.

    `again` reads the file in full, for a parsed file with recognised rows; `memory` keeps what it taught.
    """
    file.mapping_version = mapping.version
    if parsed is None:
        file.status = "duplicate"
        session.flush()
        return recorded(file)
    standing = standing_of(session, storage, file, feed_limits)
    part = _undecided(session, file, mapping, parsed, standing)
    upserted = _upsert(session, file, part, parsed, accept_removals=accept_removals)
    if upserted is None:
        if again is None:
            raise AssertionError("a file with recognised rows can be read again")
        anew = partial(decide, session, storage, file, mapping, again(), memory=memory, feed_limits=feed_limits)
        return anew(accept_removals=accept_removals)
    if memory is not None and not standing.newer:
        memory.keep(parsed, upserted.hashes)
    upsert = upserted.results[0]
    if standing.newer and part.names_nothing and not upsert.removed and file.status != "applied":
        return _stale(session, file, standing.newer[0])
    return _record(session, file, parsed, upsert)


@dataclass(frozen=True)
class _Part:
    """What a file may still decide; `rows` are its open keys, None for all."""

    rows: frozenset[str] | None
    kept: frozenset[str]
    sold: frozenset[str]
    delivery: Literal["full", "partial"]

    @property
    def names_nothing(self) -> bool:
        """Whether no row of the file is open."""
        return self.rows is not None and not self.rows

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Those of the rows that are open, as rows of the first staged file."""
        wanted = rows if self.rows is None else rows.filter(pl.col("source_key").is_in(sorted(self.rows)))
        return wanted.with_columns(file=pl.lit(0, pl.Int32))


def _upsert(
    session: Session, file: FeedFile, part: _Part, parsed: ParsedFeed, *, accept_removals: bool
) -> Upserted | None:
    said = Delivery(
        file,
        part.delivery,
        kept_keys=sorted(part.kept),
        sold_keys=sorted(part.sold),
        accept_removals=accept_removals,
        limits=_limits(session, file),
        names_no_car=not parsed.accepted or (has_lost_keys(parsed.rejects) and not accept_removals),
    )
    recognised = None if parsed.recognised.is_empty() else part.of(parsed.recognised)
    return upsert_deliveries(session, [said], lambda: map(part.of, parsed.parts()), recognised)


def _undecided(session: Session, file: FeedFile, mapping: Mapping, parsed: ParsedFeed, standing: Standing) -> _Part:
    # What a person brought back stays, also when the file is read again: its silence and its "sold" do not count.
    silent = file.undone_at is not None
    delivery = "partial" if silent else mapping.delivery
    if not standing.newer:  # nearly always, so without a set of all keys
        kept, sold = reject_keys(parsed)
        return _Part(None, kept, frozenset() if silent else sold, delivery)
    named = named_keys(parsed)
    sold = frozenset() if silent else standing.open(named.sold)
    rows = standing.open(named.rows)
    if standing.open_keys is None:
        kept = named.kept | named.rows | standing.rows | standing.sold
        return _Part(rows, kept, sold, delivery)
    if delivery == "full" and named.rows:
        sold |= _gone(session, file, named, standing)
    return _Part(rows, named.kept, sold, "partial")


def _gone(session: Session, file: FeedFile, named: NamedKeys, standing: Standing) -> frozenset[str]:
    """Cars that this full feed lacks and that all newer files leave open (their rows were rejected)."""
    lacked = standing.open(standing.open_keys or frozenset()) - named.rows - named.sold - named.kept
    if not lacked:
        return lacked
    live = RemovalRepository(session, file.org_id).live_of(file.mapping, lacked)
    everything = len(live) + len(named.rows)
    return live if _limits(session, file).allow(len(live), everything) else frozenset()


def _limits(session: Session, file: FeedFile) -> RemovalLimits:
    return DEFAULT_LIMITS.with_overrides(limits_of(session, file.org_id).given())


def _stale(session: Session, file: FeedFile, newer: FeedFile) -> ImportResult:
    file.status = "stale"
    file.refusal = (
        f"The stock of {file.snapshot_at:%Y-%m-%d %H:%M} UTC came after {newer.name} of "
        f"{newer.snapshot_at:%Y-%m-%d %H:%M} UTC, which has decided every car in it: nothing was changed."
    )
    session.flush()
    return recorded(file)


def _record(session: Session, file: FeedFile, parsed: ParsedFeed, upsert: UpsertResult) -> ImportResult:
    FeedRejectRepository(session).add(file.id, parsed.rejects)
    applied(file, parsed, upsert)
    session.flush()
    file.rows_removed = RemovalRepository(session, file.org_id).count(file.id, "removed")
    session.flush()
    if upsert.removed:
        FeedFileRepository(session).refresh_held(file.org_id)
    return replace(recorded(file), unknown_branches=upsert.unknown_branches)


def applied(file: FeedFile, parsed: ParsedFeed, upsert: UpsertResult) -> None:
    """Set what a file records about itself, but for the removals that it may have had before."""
    file.status, file.applied_at, file.refusal = "applied", utc_now(), None
    file.rows_read, file.rows_rejected = parsed.rows_read, parsed.rejects.height
    file.rows_created, file.rows_updated = upsert.created, upsert.updated
    # Rows that a newer snapshot has decided change nothing either.
    file.rows_unchanged = parsed.accepted - upsert.created - upsert.updated
    file.removals_held = upsert.removals_held
    file.reasons = reasons(parsed.rejects)


def refuse(session: Session, file: FeedFile, why: str) -> ImportResult:
    """Record that the file as a whole is refused."""
    file.status, file.refusal = "refused", why
    session.flush()
    return recorded(file)


def reasons(rejects: pl.DataFrame) -> dict[str, int]:
    """Rejected rows by code, the most frequent first."""
    counts = Counter(rejects["code"].to_list())
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))

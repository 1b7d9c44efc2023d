"""Decide one file: a registered one, one that somebody hands over, or one that somebody only asks about."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import FeedFile, Org
from core.errors import NotFoundError, RefusedFileError
from core.storage import Storage
from pipelines.feeds.deliveries.register import record_file, register_file
from pipelines.feeds.deliveries.repository import FeedFileRepository
from pipelines.feeds.deliveries.spool import FileData, source_of
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import ParsedFeed, parse_feed
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.imports.apply import decide, is_duplicate, refuse
from pipelines.imports.precedence import has_newer
from pipelines.imports.result import ImportResult, recorded
from pipelines.imports.row_cache_store import Memory
from pipelines.imports.staging import drop_staged, read_stored, staged_file
from pipelines.listings.bulk_writer import ListingRepository


def import_file(
    session: Session, storage: Storage, file: FeedFile, *, run_id: str | None, limits: FeedLimits = DEFAULT_LIMITS
) -> ImportResult:
    """Decide a registered file: `applied`, `duplicate`, `stale` or `refused` (all recorded, with the reason).

    Safe to run twice, also at the same time: imports of one organisation take turns, and whoever comes second gets
    the recorded result.
    """
    ListingRepository(session, file.org_id).lock()
    file = FeedFileRepository(session).get(file.id)
    if file.status != "registered":
        drop_staged(storage, file)  # another run may have staged it after the one that decided it
        return recorded(file)
    file.run_id = run_id
    try:
        mapping = load_mapping(file.mapping, storage)
        file.mapping_version = mapping.version
        memory = _memory(session, storage, file, mapping)
        parsed = None if is_duplicate(session, file) else _stored(storage, file, mapping, memory, limits)
    except RefusedFileError as error:
        result = refuse(session, file, error.detail)
    except NotFoundError as error:
        if error.code != "unknown_mapping":
            raise
        result = refuse(session, file, error.detail)
    else:
        again = partial(read_stored, storage, file, mapping, limits)
        result = decide(session, storage, file, mapping, parsed, again=again, memory=memory, feed_limits=limits)
    drop_staged(storage, file)
    return result


def import_delivery(
    session: Session,
    storage: Storage,
    *,
    org: Org,
    name: str,
    data: FileData,
    mapping: Mapping,
    run_id: str | None,
    accept_removals: bool = False,
    snapshot_at: datetime | None = None,
    limits: FeedLimits = DEFAULT_LIMITS,
) -> ImportResult:
    """Register and import a file that somebody hands over and waits for: its bytes or, where it is large, spooled.

    Unlike a file from the inbox, a refused one leaves no trace: its sender is there to read why. `accept_removals`
    removes whatever a full feed lacks, however much; it also applies again a file whose removals were held.
    `snapshot_at` says when the stock was so, where the name does not.
    """
    ListingRepository(session, org.id).lock()
    now = utc_now()
    with session.begin_nested() as savepoint:
        file = record_file(session, org=org, name=name, data=data, mapping=mapping, received_at=now)
        try:
            _date(session, file, mapping, snapshot_at)
            memory = _memory(session, storage, file, mapping)
            parsed = _parse(session, file, data, mapping, memory, limits, accept_removals=accept_removals)
        except RefusedFileError as error:
            savepoint.rollback()
            return ImportResult(status="refused", message=error.detail)
    register_file(session, storage, org=org, name=name, data=data, mapping=mapping, received_at=now, now=now)
    file.run_id = run_id
    again = partial(parse_feed, source_of(data), mapping, limits=limits)
    decided = partial(decide, session, storage, file, mapping, parsed, memory=memory, feed_limits=limits)
    return decided(accept_removals=accept_removals, again=again)


def preview_file(
    session: Session,
    storage: Storage,
    org: Org,
    data: FileData,
    mapping: Mapping,
    *,
    name: str = "preview",
    accept_removals: bool = False,
    snapshot_at: datetime | None = None,
    limits: FeedLimits = DEFAULT_LIMITS,
) -> ImportResult:
    """What `import_delivery` would report now. It is done for real inside a savepoint and rolled back."""
    with previewed(
        session,
        storage,
        org,
        data,
        mapping,
        name=name,
        accept_removals=accept_removals,
        snapshot_at=snapshot_at,
        limits=limits,
    ) as result:
        return replace(result, file_id=None)


@contextmanager
def previewed(
    session: Session,
    storage: Storage,
    org: Org,
    data: FileData,
    mapping: Mapping,
    *,
    name: str,
    accept_removals: bool = False,
    snapshot_at: datetime | None = None,
    limits: FeedLimits = DEFAULT_LIMITS,
) -> Iterator[ImportResult]:
    """The world in which the file has been imported; it ends with the block. Storage is read, never written."""
    with session.begin_nested() as savepoint:
        ListingRepository(session, org.id).lock()
        file = record_file(session, org=org, name=name, data=data, mapping=mapping, received_at=utc_now())
        try:
            _date(session, file, mapping, snapshot_at)
            memory = _memory(session, storage, file, mapping)
            parsed = _parse(session, file, data, mapping, memory, limits, accept_removals=accept_removals)
            again = partial(parse_feed, source_of(data), mapping, limits=limits)
            decided = partial(decide, session, storage, file, mapping, parsed, feed_limits=limits)
            result = decided(accept_removals=accept_removals, again=again)
        except RefusedFileError as error:
            result = ImportResult(status="refused", message=error.detail)
        try:
            yield result
        finally:
            savepoint.rollback()


def _date(session: Session, file: FeedFile, mapping: Mapping, snapshot_at: datetime | None) -> None:
    file.mapping_version = mapping.version
    if snapshot_at is not None:
        file.snapshot_at = min(snapshot_at, file.received_at)
    session.flush()


def _memory(session: Session, storage: Storage, file: FeedFile, mapping: Mapping) -> Memory | None:
    """What earlier files taught; a late file is read in full, as it is compared row by row with the newer ones."""
    return None if has_newer(session, file) else Memory(storage, file, mapping)


def _stored(
    storage: Storage, file: FeedFile, mapping: Mapping, memory: Memory | None, limits: FeedLimits
) -> ParsedFeed:
    staged = staged_file(storage, file, mapping)
    return staged or read_stored(storage, file, mapping, limits, None if memory is None else memory.recall())


def _parse(
    session: Session,
    file: FeedFile,
    data: FileData,
    mapping: Mapping,
    memory: Memory | None,
    limits: FeedLimits,
    *,
    accept_removals: bool,
) -> ParsedFeed | None:
    """The rows of a delivery; None where it is a duplicate, which is found out before anything is read."""
    if is_duplicate(session, file, accept_removals=accept_removals):
        return None
    return parse_feed(source_of(data), mapping, limits=limits, known=None if memory is None else memory.recall())

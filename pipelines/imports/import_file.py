"""Import one file, registered or handed over, or preview the result of importing it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import FeedFile
from core.errors import InvalidInputError, NotFoundError, RefusedFileError
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.register import insert_row, store
from pipelines.feeds.deliveries.repository import FeedFileRepository
from pipelines.feeds.deliveries.spool import source_of
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import ParsedFeed, parse_cached, parse_feed
from pipelines.feeds.parsing.row_cache import RowCache
from pipelines.imports.apply import ParsedFile, apply_file, is_duplicate, mark_duplicate, refuse
from pipelines.imports.context import ImportContext
from pipelines.imports.parsed.row_cache_store import RowCacheStore
from pipelines.imports.parsed.staging import drop_parsed, load_parsed, read_stored
from pipelines.imports.precedence import has_newer
from pipelines.imports.result import ImportResult, result_of
from pipelines.listings.bulk_writer import lock_listings


def import_file(context: ImportContext, file: FeedFile) -> ImportResult:
    """Decide a registered file: `applied`, `duplicate`, `stale` or `refused` (all recorded, with the reason).

    Safe to run twice, also at the same time: imports of one organisation take turns, and the second one returns the
    recorded result.
    """
    lock_listings(context.session, file.org_id)
    file = FeedFileRepository(context.session).get(file.id)
    if file.status != "registered":
        drop_parsed(context.storage, file)  # another run may have kept its rows after the one that decided it
        return result_of(file)
    file.run_id = context.run_id
    try:
        mapping = load_mapping(file.mapping, context.storage, file.org_id)
        file.mapping_version = mapping.version
        item = None if is_duplicate(context.session, file) else _read_registered(context, file, mapping)
    except RefusedFileError as error:
        result = refuse(context.session, file, error.detail)
    except (InvalidInputError, NotFoundError) as error:
        if error.code not in ("unknown_mapping", "bad_mapping"):
            raise
        result = refuse(context.session, file, error.detail)
    else:
        result = mark_duplicate(context.session, file) if item is None else apply_file(context, item)
    if not context.dry_run:
        drop_parsed(context.storage, file)
    return result


def import_delivery(context: ImportContext, delivery: Delivery, *, accept_removals: bool = False) -> ImportResult:
    """Register and import a file whose sender waits for the result.

    Unlike a file from the inbox, a refused one leaves no trace: its sender is there to read why. `accept_removals`
    removes whatever a full feed lacks, however much; it also applies again a file whose removals were held.
    """
    session = context.session
    lock_listings(session, delivery.org.id)
    with session.begin_nested() as savepoint:
        file = insert_row(session, delivery, utc_now())
        _state_reading(session, file, delivery)
        try:
            duplicate = is_duplicate(session, file, accept_removals=accept_removals)
            item = None if duplicate else _read_delivery(context, file, delivery)
        except RefusedFileError as error:
            savepoint.rollback()
            return ImportResult(status="refused", message=error.detail)
    if not context.dry_run:
        store(context.storage, delivery)
    file.run_id = context.run_id
    if item is None:
        return mark_duplicate(session, file)
    return apply_file(context, item, accept_removals=accept_removals)


def preview_file(context: ImportContext, delivery: Delivery, *, accept_removals: bool = False) -> ImportResult:
    """Return what `import_delivery` would return now, and change nothing."""
    with previewed(context, delivery, accept_removals=accept_removals) as result:
        return replace(result, file_id=None)


@contextmanager
def previewed(context: ImportContext, delivery: Delivery, *, accept_removals: bool = False) -> Iterator[ImportResult]:
    """Import a file inside a savepoint, which is rolled back when the block ends."""
    with context.session.begin_nested() as savepoint:
        try:
            yield import_delivery(replace(context, dry_run=True), delivery, accept_removals=accept_removals)
        finally:
            savepoint.rollback()


def _state_reading(session: Session, file: FeedFile, delivery: Delivery) -> None:
    """Record the mapping's version and the stated time of the snapshot, also in a row that was waiting already."""
    file.mapping_version = delivery.mapping.version
    if delivery.snapshot_at is not None:
        file.snapshot_at = min(delivery.snapshot_at, file.received_at)
    session.flush()


def _read_registered(context: ImportContext, file: FeedFile, mapping: Mapping) -> ParsedFile:
    store, cache = _load_cache(context, file, mapping)
    parsed = load_parsed(context.storage, file, mapping) or read_stored(context, file, mapping, cache)
    return ParsedFile(file, mapping, parsed, partial(read_stored, context, file), store)


def _read_delivery(context: ImportContext, file: FeedFile, delivery: Delivery) -> ParsedFile:
    store, cache = _load_cache(context, file, delivery.mapping)
    mapping, limits = delivery.mapping, context.limits

    def read(by: Mapping) -> ParsedFeed:
        return parse_feed(source_of(delivery.data), by, limits=limits)

    parsed = read(mapping) if cache is None else parse_cached(source_of(delivery.data), mapping, cache, limits)
    return ParsedFile(file, mapping, parsed, read, store)


def _load_cache(
    context: ImportContext, file: FeedFile, mapping: Mapping
) -> tuple[RowCacheStore | None, RowCache | None]:
    """Load the row cache; a late file is read in full, as it is compared row by row with the newer ones."""
    if has_newer(context.session, file):
        return None, None
    store = RowCacheStore(context.storage, file, mapping)
    return store, store.load()

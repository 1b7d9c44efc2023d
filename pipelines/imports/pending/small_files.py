"""Decide small files of different dealers together, so that the cost of a transaction and its statements is paid once.

A file may be decided so where it has no special condition: it is the only pending one of its dealer, no decided file
is newer, none has its content, and its mapping reads the key that it always read. Its result is that of
`import_file`, which takes every other file, and every file of a group in which anything failed.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from uuid import UUID

import polars as pl

from core.db.tables import FeedFile
from core.errors import RefusedFileError
from pipelines.feeds.deliveries.repository import FeedFileRepository, FeedRejectRepository
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping, mapping_names
from pipelines.feeds.parsing.parse import ParsedFeed
from pipelines.feeds.parsing.parse_batch import parse_batch
from pipelines.imports.apply import mark_applied, refuse
from pipelines.imports.changed_keys import former_readings
from pipelines.imports.chassis_warnings import keep_chassis_warnings
from pipelines.imports.context import ImportContext
from pipelines.imports.decided_events import emit_decided
from pipelines.imports.parsed.staging import drop_parsed, load_parsed
from pipelines.imports.precedence import reject_keys
from pipelines.imports.prices.implausible import judge_prices
from pipelines.imports.result import ImportResult, result_of
from pipelines.listings.bulk_writer import lock_listings
from pipelines.listings.chassis.writer import chassis_writer
from pipelines.listings.incoming_rows import FrameRows
from pipelines.listings.removal_limits import RemovalLimits, removal_limits_of
from pipelines.listings.upsert import FileChanges, upsert_listings

MOST_FILES = 100
"""Files of one transaction: where the process is killed they are read again, in a second."""
MOST_BYTES = 250_000
"""The largest size of a small file; larger ones are worth a transaction of their own."""

Read = tuple[FeedFile, ParsedFeed]


def groups_of(pending: Sequence[FeedFile]) -> Iterator[list[FeedFile]]:
    """Group small files that are the only pending ones of their dealers, by mapping, MOST_FILES at a time."""
    of_dealer: dict[UUID, list[FeedFile]] = {}
    for file in pending:
        of_dealer.setdefault(file.org_id, []).append(file)
    small = [file for file, *more in of_dealer.values() if not more and file.size_bytes <= MOST_BYTES]
    for _, alike in groupby(sorted(small, key=_reading_of), key=_reading_of):
        files = list(alike)
        for start in range(0, len(files), MOST_FILES):
            if len(group := files[start : start + MOST_FILES]) > 1:
                yield group


def _reading_of(file: FeedFile) -> tuple[str, str]:
    """Name the mapping by which a file is read: two organisations may keep different ones under one name."""
    return file.mapping, "" if file.mapping in mapping_names() else str(file.org_id)


def import_group(context: ImportContext, files: Sequence[FeedFile]) -> dict[UUID, ImportResult]:
    """Decide those files of one mapping, each of another dealer, that have no special condition; results by file."""
    lock_listings(context.session, *(file.org_id for file in files))
    repository = FeedFileRepository(context.session)
    plain = repository.unaffected_by_others([file.id for file in files])
    waiting = [file for file in repository.still_pending([file.id for file in files]) if file.id in plain]
    if not waiting:
        return {}
    mapping = load_mapping(waiting[0].mapping, context.storage, waiting[0].org_id)
    if any(any(former_readings(context.session, context.storage, file, mapping)) for file in waiting):
        return {}
    results: dict[UUID, ImportResult] = {}
    read: list[Read] = []
    for file, parsed in zip(waiting, _read(context, waiting, mapping), strict=True):
        file.run_id, file.mapping_version = context.run_id, mapping.version
        if isinstance(parsed, RefusedFileError):
            results[file.id] = refuse(context.session, file, parsed.detail)
        else:
            read.append((file, parsed))
    results.update(_apply(context, read, mapping))
    for file in waiting:
        drop_parsed(context.storage, file)
    return results


def _read(context: ImportContext, files: list[FeedFile], mapping: Mapping) -> list[ParsedFeed | RefusedFileError]:
    kept = [load_parsed(context.storage, file, mapping) for file in files]
    missing = [file for file, parsed in zip(files, kept, strict=True) if parsed is None]
    contents = [context.storage.get(file.storage_key) for file in missing]
    read = iter(parse_batch(contents, mapping, context.limits))
    return [next(read) if parsed is None else parsed for parsed in kept]


def _apply(context: ImportContext, read: list[Read], mapping: Mapping) -> Iterator[tuple[UUID, ImportResult]]:
    if not read:
        return
    session = context.session
    limits = removal_limits_of(session, [file.org_id for file, _ in read])
    judged = list(judge_prices(session, [(file.org_id, parsed) for file, parsed in read]))
    read = [(file, each.parsed) for (file, _), each in zip(read, judged, strict=True)]
    changes = [_changes_of(file, parsed, mapping, limits[file.org_id]) for file, parsed in read]
    rows = pl.concat(parsed.listings.with_columns(file=pl.lit(at, pl.Int32)) for at, (_, parsed) in enumerate(read))
    chassis = chassis_writer(session, context.open_keys, mapping.columns)
    if chassis is not None:
        rows = chassis.with_index(rows)
    upserted = upsert_listings(session, changes, FrameRows(lambda: [rows]), chassis)
    if chassis is not None:
        places = rows.filter(pl.col("chassis_number").is_not_null())["file"].unique() if chassis.lacks_keys else ()
        keep_chassis_warnings(session, [file for file, _ in read], {read[at][0].id for at in places})
    FeedRejectRepository(session).add_all({file.id: parsed.rejects for file, parsed in read})
    for (file, _), each, upsert in zip(read, judged, upserted.results, strict=True):
        mark_applied(session, file, each, upsert)
        file.rows_removed = upsert.removed
    session.flush()
    emit_decided(session, *(file for file, _ in read))
    for (file, _), upsert in zip(read, upserted.results, strict=True):
        if upsert.removed:
            FeedFileRepository(session).refresh_held(file.org_id)
        yield file.id, result_of(file, upsert.unknown_branches)


def _changes_of(file: FeedFile, parsed: ParsedFeed, mapping: Mapping, limits: RemovalLimits) -> FileChanges:
    kept, sold = reject_keys(parsed) if parsed.rejects.height else ((), ())
    return FileChanges(
        file,
        mapping.delivery,
        kept_keys=sorted(kept),
        sold_keys=sorted(sold),
        limits=limits,
        names_no_car=not parsed.accepted,
        lost_keys=parsed.may_lack_cars,
    )

"""Small files of different dealers, decided together: what a transaction and its statements cost is paid once.

A file may be decided so where nothing about it is special: it is the only pending one of its dealer, no decided file is
newer, none has its content. Its result is that of `import_file`, which takes every other file, and every file
of a group in which anything failed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from uuid import UUID

import polars as pl
from sqlalchemy.orm import Session

from core.db.tables import FeedFile
from core.errors import RefusedFileError
from core.storage import Storage
from pipelines.feeds.deliveries.repository import FeedFileRepository, FeedRejectRepository
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import ParsedFeed
from pipelines.feeds.parsing.parse_batch import parse_many
from pipelines.feeds.readers.limits import FeedLimits
from pipelines.feeds.reject_codes import has_lost_keys
from pipelines.imports.apply import applied, refuse
from pipelines.imports.precedence import reject_keys
from pipelines.imports.result import ImportResult, recorded
from pipelines.imports.staging import drop_staged, staged_file
from pipelines.listings.bulk_writer import ListingRepository
from pipelines.listings.removal_limits import DEFAULT_LIMITS
from pipelines.listings.removal_overrides import LimitOverrides, limits_of_all
from pipelines.listings.upsert import Delivery, UpsertResult, upsert_deliveries

MOST_FILES = 100
"""Files of one transaction: what is lost with it, when the process is killed, is read again in a second."""
MOST_BYTES = 250_000
"""Of one file; larger ones are worth a transaction of their own."""

Read = tuple[FeedFile, ParsedFeed]


def groups_of(pending: Sequence[FeedFile]) -> Iterator[list[FeedFile]]:
    """Small files that are the only pending ones of their dealers, by mapping, some at a time."""
    of_dealer: dict[UUID, list[FeedFile]] = {}
    for file in pending:
        of_dealer.setdefault(file.org_id, []).append(file)
    small = [file for file, *more in of_dealer.values() if not more and file.size_bytes <= MOST_BYTES]
    for _, alike in groupby(sorted(small, key=lambda file: file.mapping), key=lambda file: file.mapping):
        files = list(alike)
        for start in range(0, len(files), MOST_FILES):
            if len(group := files[start : start + MOST_FILES]) > 1:
                yield group


def import_group(
    session: Session, storage: Storage, files: Sequence[FeedFile], *, run_id: str | None, limits: FeedLimits
) -> dict[UUID, ImportResult]:
    """Decide those files of one mapping, each of another dealer, about which nothing is special; results by file."""
    ListingRepository(session, *(file.org_id for file in files)).lock()
    repository = FeedFileRepository(session)
    plain = repository.without_past([file.id for file in files])
    waiting = [file for file in repository.still_pending([file.id for file in files]) if file.id in plain]
    if not waiting:
        return {}
    mapping = load_mapping(waiting[0].mapping, storage)
    results: dict[UUID, ImportResult] = {}
    read: list[Read] = []
    for file, parsed in zip(waiting, _read(storage, waiting, mapping, limits), strict=True):
        file.run_id, file.mapping_version = run_id, mapping.version
        if isinstance(parsed, RefusedFileError):
            results[file.id] = refuse(session, file, parsed.detail)
        else:
            read.append((file, parsed))
    results.update(_apply(session, read, mapping))
    for file in waiting:
        drop_staged(storage, file)
    return results


def _read(
    storage: Storage, files: list[FeedFile], mapping: Mapping, limits: FeedLimits
) -> list[ParsedFeed | RefusedFileError]:
    staged = [staged_file(storage, file, mapping) for file in files]
    missing = [file for file, parsed in zip(files, staged, strict=True) if parsed is None]
    anew = iter(parse_many([storage.get(file.storage_key) for file in missing], mapping, limits))
    return [next(anew) if parsed is None else parsed for parsed in staged]


def _apply(session: Session, read: list[Read], mapping: Mapping) -> Iterator[tuple[UUID, ImportResult]]:
    if not read:
        return
    overrides = limits_of_all(session, [file.org_id for file, _ in read])
    deliveries = [_said(*each, mapping, overrides.get(each[0].org_id, LimitOverrides())) for each in read]
    rows = pl.concat(parsed.listings.with_columns(file=pl.lit(at, pl.Int32)) for at, (_, parsed) in enumerate(read))
    upserted = upsert_deliveries(session, deliveries, lambda: [rows])
    if upserted is None:
        raise AssertionError("only recognised rows may be missing")
    FeedRejectRepository(session).add_all({file.id: parsed.rejects for file, parsed in read})
    for (file, parsed), upsert in zip(read, upserted.results, strict=True):
        applied(file, parsed, upsert)
        file.rows_removed = upsert.removed
    session.flush()
    for (file, _), upsert in zip(read, upserted.results, strict=True):
        yield file.id, _result(session, file, upsert)


def _said(file: FeedFile, parsed: ParsedFeed, mapping: Mapping, overrides: LimitOverrides) -> Delivery:
    kept, sold = reject_keys(parsed) if parsed.rejects.height else ((), ())
    limits = DEFAULT_LIMITS.with_overrides(overrides.given())
    return Delivery(
        file,
        mapping.delivery,
        kept_keys=sorted(kept),
        sold_keys=sorted(sold),
        limits=limits,
        names_no_car=not parsed.accepted or has_lost_keys(parsed.rejects),
    )


def _result(session: Session, file: FeedFile, upsert: UpsertResult) -> ImportResult:
    if upsert.removed:
        FeedFileRepository(session).refresh_held(file.org_id)
    return replace(recorded(file), unknown_branches=upsert.unknown_branches)

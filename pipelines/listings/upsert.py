"""Rows of one file into the listings of one dealer: created, updated, unchanged, and what is no longer there.

The rules:

- A car is (organisation, source key). Its content is the digest of the canonical columns; equal digests write nothing.
- A price that differs (and the first one) writes a price row. The outbox is written by the table's own triggers.
- A removed car that comes back is the same car: it counts as `updated`, keeps its id and its price history.
- A branch code that the dealer does not have leaves the car without a branch (and is counted): a car must not be
  lost for a missing address. When the branch is added, the next delivery attaches the car, as an update.
- A full feed is the dealer's whole stock, so cars of the same mapping that it lacks are gone - unless it lacks too
  many to be believed, see `RemovalLimits`. Rows that were rejected are still the dealer's cars: `kept_keys`.
- Every removal names its file, so that a person can undo it; cars that were held back are noted for approval.
- A car that the file calls sold is removed, in full and partial feeds and without a guard: `sold_keys`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

import polars as pl
from sqlalchemy.orm import Session

from core.db.tables import FeedFile
from core.listing_frame import LISTING_SCHEMA
from pipelines.listings.bulk_writer import ListingRepository, Parts, StagedFile
from pipelines.listings.content_hash import content_hashes
from pipelines.listings.removal_limits import DEFAULT_LIMITS, RemovalLimits

_FILE = pl.col("file").cast(pl.Int32)
_NO_HASHES = pl.DataFrame(schema={"file": pl.Int32, "row_number": pl.Int32, "content_hash": pl.Binary})
_MOST_HASHES = 2_000_000
"""Of longer first files the digests are not given back: nobody remembers so many rows."""
RECOGNISED_COLUMNS = ("file", "row_number", "source_key", "branch_code", "content_hash")


@dataclass(frozen=True)
class UpsertResult:
    """What one file did: created + updated + unchanged is the number of rows given."""

    created: int
    updated: int
    unchanged: int
    removed: int
    removals_held: int  # missing cars that a guard kept live, because the file lacks too many
    unknown_branches: int  # rows whose branch code the dealer does not have


@dataclass(frozen=True)
class Delivery:
    """What a file says beside its rows.

    `kept_keys` are cars that it names although they are not rows (rejected ones): they never count as missing.
    `sold_keys` are cars that it calls sold. `accept_removals` believes a full feed however much it lacks, unless it
    `names_no_car` at all: that says that the file is bad, not that the yard is empty.
    """

    file: FeedFile
    delivery: Literal["full", "partial"]
    kept_keys: Sequence[str] = ()
    sold_keys: Sequence[str] = ()
    accept_removals: bool = False
    limits: RemovalLimits = DEFAULT_LIMITS
    names_no_car: bool = False


@dataclass(frozen=True)
class Upserted:
    """What became of the files, in their order, and `file`, `row_number`, `content_hash` of their rows."""

    results: list[UpsertResult]
    hashes: pl.DataFrame = field(compare=False)


def upsert_listings(
    session: Session,
    org_id: UUID,
    file: FeedFile,
    frame: pl.DataFrame,
    *,
    delivery: Literal["full", "partial"],
    kept_keys: Sequence[str] = (),
    sold_keys: Sequence[str] = (),
    accept_removals: bool = False,
    limits: RemovalLimits = DEFAULT_LIMITS,
) -> UpsertResult:
    """Bring the organisation's listings to what `frame` says, in the session's transaction, which holds the lock of
    the organisation until it ends.

    `frame` has the columns of LISTING_SCHEMA and `row_number`; its source keys are unique.
    """
    ListingRepository(session, org_id).lock()
    said = Delivery(file, delivery, kept_keys, sold_keys, accept_removals, limits, names_no_car=frame.is_empty())
    upserted = upsert_deliveries(session, [said], lambda: [frame.with_columns(file=pl.lit(0, pl.Int32))])
    if upserted is None:
        raise AssertionError("only recognised rows may be missing")
    return upserted.results[0]


def upsert_deliveries(
    session: Session, deliveries: Sequence[Delivery], parts: Parts, recognised: pl.DataFrame | None = None
) -> Upserted | None:
    """Bring the listings to what files of different organisations say, at one stroke.

    `recognised` are rows by digest alone (RECOGNISED_COLUMNS), for which `parts` has nothing. Where one of them is
    not what the table shows the answer is None and nothing was done: such a row has to be read.
    The organisations' locks must be held: imports of one take turns.
    """
    repository = ListingRepository(session, *(each.file.org_id for each in deliveries))
    stock = repository.begin([StagedFile(each.file.id, each.file.org_id, each.file.mapping) for each in deliveries])
    if not stock and recognised is None:
        return _first(repository, deliveries, parts)
    rows = _compared(parts, recognised)
    if not repository.stage(rows, _named(deliveries)):
        return None
    removed, held = _remove(repository, deliveries)
    created, updated = repository.merge(lambda: map(_prepared, parts()))
    given = dict(rows.group_by("file").len().iter_rows())
    results = [
        UpsertResult(
            created=created.get(at, 0),
            updated=updated.get(at, 0),
            unchanged=given.get(at, 0) - created.get(at, 0) - updated.get(at, 0),
            removed=removed.get(at, 0),
            removals_held=held.get(at, 0),
            unknown_branches=repository.unknown_branches.get(at, 0),
        )
        for at in range(len(deliveries))
    ]
    return Upserted(results, rows.select("file", "row_number", "content_hash"))


def _first(repository: ListingRepository, deliveries: Sequence[Delivery], parts: Parts) -> Upserted:
    """The first rows of organisations: nothing to compare or to remove, so no more than a part in memory."""
    hashes: list[pl.DataFrame] = []

    def hashed() -> Iterator[pl.DataFrame]:
        rows = 0
        for part in map(_prepared, parts()):
            whole = part.with_columns(content_hashes(part))
            rows += part.height
            if rows <= _MOST_HASHES:
                hashes.append(whole.select("file", "row_number", "content_hash"))
            yield whole

    created = repository.create_all(hashed())
    unknown = repository.unknown_branches
    results = [
        UpsertResult(created.get(at, 0), 0, 0, 0, 0, unknown_branches=unknown.get(at, 0))
        for at in range(len(deliveries))
    ]
    return Upserted(results, pl.concat(hashes) if hashes else _NO_HASHES)


def _remove(repository: ListingRepository, deliveries: Sequence[Delivery]) -> tuple[dict[int, int], dict[int, int]]:
    """What is gone; before the merge, so that the share is one of the cars that were live when the file came."""
    removed, held = repository.remove_sold(), {}
    missing = repository.count_missing(at for at, each in enumerate(deliveries) if each.delivery == "full")
    gone = []
    for at, (live, lacked) in missing.items():
        said = deliveries[at]
        if said.names_no_car or not (said.accept_removals or said.limits.allow(lacked, live)):
            held[at] = lacked
        elif lacked:
            gone.append(at)
    repository.hold_missing(held)
    for at, cars in repository.remove_missing(gone).items():
        removed[at] = removed.get(at, 0) + cars
    return removed, held


def _prepared(part: pl.DataFrame) -> pl.DataFrame:
    return part.select(
        pl.col(*LISTING_SCHEMA, "row_number").exclude("battery_kwh", "photos", "channels"),
        pl.col("battery_kwh").fill_nan(None),
        pl.col("photos", "channels").fill_null([]),
        _FILE,
    )


def _compared(parts: Parts, recognised: pl.DataFrame | None) -> pl.DataFrame:
    """What is compared of every row, whole or recognised."""

    def lines() -> Iterator[pl.DataFrame]:
        for part in map(_prepared, parts()):
            slim = part.select("file", "row_number", "source_key", "branch_code")
            yield slim.with_columns(content_hashes(part), pl.lit(value=False).alias("recognised"))
        if recognised is not None:
            yield recognised.select(_FILE, *RECOGNISED_COLUMNS[1:], pl.lit(value=True).alias("recognised"))

    return pl.concat(lines()).with_columns(pl.int_range(pl.len(), dtype=pl.Int32).alias("at"))


def _named(deliveries: Sequence[Delivery]) -> pl.DataFrame:
    """A car that is both, by two rows of the file, is kept: a removal wants a clear word."""
    named: list[tuple[int, str, bool]] = []
    for at, each in enumerate(deliveries):
        kept = set(each.kept_keys)
        named += [(at, key, False) for key in sorted(kept)]
        named += [(at, key, True) for key in dict.fromkeys(each.sold_keys) if key not in kept]
    schema = {"file": pl.Int32, "source_key": pl.String, "sold": pl.Boolean}
    return pl.DataFrame(named, schema=schema, orient="row")

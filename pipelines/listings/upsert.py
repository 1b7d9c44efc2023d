"""Write the rows of files to listings: create, update, leave unchanged, and take off cars that are gone.

The rules:

- A car is (organisation, source key). Its content is the digest of the canonical columns; equal digests write nothing.
- A price that differs (and the first one) writes a price row. The outbox is written by the table's own triggers.
- A removed car that comes back is the same car: it counts as `updated`, keeps its id and its price history.
- A branch code that the dealer does not have leaves the car without a branch (and is counted): a car must not be
  lost for a missing address. When the branch is added, the next delivery attaches the car, as an update.
- A car belongs to the mapping that named it last (`claims`).
- A full feed is the dealer's whole stock, so cars of the same mapping that it lacks are gone - unless it lacks too
  many to be believed, see `RemovalLimits`. Rows that were rejected are still the dealer's cars: `kept_keys`.
- Every removal names its file, so that a person can undo it; cars that were held back are noted for approval.
- A car that the file calls sold is removed, in full and partial feeds and without a guard: `sold_keys`.
- A chassis number is kept beside the listing (`chassis.writer`); where it alone changed, the row is unchanged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import polars as pl
from sqlalchemy.orm import Session

from core.db.tables import FeedFile
from pipelines.listings.bulk_writer import BulkWriter, Comparison
from pipelines.listings.chassis.writer import ChassisWriter
from pipelines.listings.claims import claim_unchanged
from pipelines.listings.content_hash import content_hashes
from pipelines.listings.differences import keep_differences
from pipelines.listings.incoming_files import Counts, IncomingFile
from pipelines.listings.incoming_rows import IncomingRows
from pipelines.listings.removal_limits import DEFAULT_LIMITS, RemovalLimits

_HASH_SCHEMA = pl.Schema({"file": pl.Int32, "row_number": pl.Int32, "content_hash": pl.Binary})
_MOST_HASHES = 2_000_000
"""The digests of longer first files are not returned: no cache holds that many rows."""


@dataclass(frozen=True)
class UpsertResult:
    """The counts of one file: created + updated + unchanged is the number of its rows."""

    created: int
    updated: int
    unchanged: int
    removed: int
    removals_held: int  # missing cars that a guard kept live, because the file lacks too many
    unknown_branches: int  # rows whose branch code the dealer does not have


@dataclass(frozen=True)
class FileChanges:
    """The changes that a file asks for beside its rows.

    `kept_keys` are cars that it names although they are not rows (rejected ones): they never count as missing.
    `sold_keys` are cars that it calls sold. `accept_removals` believes a full feed however much it lacks, unless it
    `names_no_car` at all: that means that the file is bad, not that the yard is empty. Where the file `lost_keys`, no
    car counts as missing without a person: it may be one of the rows whose key cannot be read.
    """

    file: FeedFile
    delivery: Literal["full", "partial"]
    kept_keys: Sequence[str] = ()
    sold_keys: Sequence[str] = ()
    accept_removals: bool = False
    limits: RemovalLimits = DEFAULT_LIMITS
    names_no_car: bool = False
    lost_keys: bool = False

    @property
    def tells_missing(self) -> bool:
        """Whether the file says that a car which it does not list is gone."""
        return self.delivery == "full" and not (self.names_no_car or self.lost_keys)

    def allow_removals(self, missing: int, live: int) -> bool:
        """Tell whether this many missing cars of the live ones may be removed without asking a person."""
        return not self.names_no_car and (
            self.accept_removals or (not self.lost_keys and self.limits.allow(missing, live))
        )


@dataclass(frozen=True)
class Upserted:
    """The results of the files, in their order, and `file`, `row_number`, `content_hash` of their rows."""

    results: list[UpsertResult]
    hashes: pl.DataFrame = field(compare=False)


def upsert_listings(
    session: Session, changes: Sequence[FileChanges], rows: IncomingRows, chassis: ChassisWriter | None = None
) -> Upserted:
    """Bring the listings to what files of different organisations say, in the session's transaction.

    The locks of the organisations must be held (`lock_listings`). Source keys are unique within a file. With `chassis`
    the rows have chassis numbers (`ChassisWriter.with_index`), which are written too.
    """
    files = [IncomingFile(each.file.id, each.file.org_id, each.file.mapping) for each in changes]
    writer = BulkWriter.open(session, files)
    writer.has_chassis |= chassis is not None
    written = rows if chassis is None else chassis.taken_from(rows)
    compared = writer.has_listings
    upserted = _upsert(session, writer, changes, written) if compared else _insert_first(writer, len(changes), written)
    if chassis is not None:
        chassis.write(writer.files)
    return upserted


def _upsert(session: Session, writer: BulkWriter, changes: Sequence[FileChanges], rows: IncomingRows) -> Upserted:
    """Compare rows with the listings of their organisations, and write what differs."""
    digests = rows.digests()
    full = [at for at, each in enumerate(changes) if each.delivery == "full"]
    named = _named_keys(changes)
    comparison = writer.compare(digests, named, full)
    removed, held = _remove(comparison, changes)
    created, updated = comparison.apply(rows, chassis=writer.has_chassis)
    claim_unchanged(session, digests)
    keep_differences(session, digests, named, [at for at in full if changes[at].tells_missing])
    given = dict(digests.group_by("file").len().iter_rows())
    results = [
        UpsertResult(
            created=created.get(at, 0),
            updated=updated.get(at, 0),
            unchanged=given.get(at, 0) - created.get(at, 0) - updated.get(at, 0),
            removed=removed.get(at, 0),
            removals_held=held.get(at, 0),
            unknown_branches=writer.unknown_branches.get(at, 0),
        )
        for at in range(len(changes))
    ]
    return Upserted(results, digests.select(_HASH_SCHEMA.names()))


def _insert_first(writer: BulkWriter, files: int, rows: IncomingRows) -> Upserted:
    """Insert the first rows of organisations: there is nothing to compare, so a frame is in memory at a time."""
    hashes = [pl.DataFrame(schema=_HASH_SCHEMA)]

    def hashed() -> Iterator[pl.DataFrame]:
        count = 0
        for frame in rows.frames():
            whole = frame.with_columns(content_hashes(frame))
            count += frame.height
            if count <= _MOST_HASHES:
                hashes.append(whole.select(_HASH_SCHEMA.names()))
            yield whole

    created, unknown = writer.insert_all(hashed()), writer.unknown_branches
    results = [UpsertResult(created.get(at, 0), 0, 0, 0, 0, unknown_branches=unknown.get(at, 0)) for at in range(files)]
    return Upserted(results, pl.concat(hashes))


def _remove(comparison: Comparison, changes: Sequence[FileChanges]) -> tuple[Counts, Counts]:
    """Remove cars that are sold or missing, or hold the missing ones back; return both counts by file."""
    removed = comparison.remove_sold()
    held, gone = {}, []
    for at, (live, missing) in comparison.missing.items():
        if not changes[at].allow_removals(missing, live):
            held[at] = missing
        elif missing:
            gone.append(at)
    comparison.hold_missing(list(held))
    for at, cars in comparison.remove_missing(gone).items():
        removed[at] = removed.get(at, 0) + cars
    return removed, held


def _named_keys(changes: Sequence[FileChanges]) -> pl.DataFrame:
    """List the keys that files name beside their rows. A car that is both kept and sold, by two rows, is kept."""
    named: list[tuple[int, str, bool]] = []
    for at, each in enumerate(changes):
        kept = set(each.kept_keys)
        named += [(at, key, False) for key in sorted(kept)]
        named += [(at, key, True) for key in dict.fromkeys(each.sold_keys) if key not in kept]
    schema = {"file": pl.Int32, "source_key": pl.String, "sold": pl.Boolean}
    return pl.DataFrame(named, schema=schema, orient="row")

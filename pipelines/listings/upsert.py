"""Rows of one file into the listings of one dealer: created, updated, unchanged, and what is no longer there.

The rules:

- A car is (organisation, source key). Its content is the digest of the canonical columns; equal digests write nothing.
- Every creation and update writes an outbox row; a price that differs (and the first one) writes a price row.
- A removed car that comes back is the same car: it counts as `updated`, keeps its id and its price history.
- A branch code that the dealer does not have leaves the car without a branch (and is counted): a car must not be
  lost for a missing address. When the branch is added, the next delivery attaches the car, as an update.
- A full feed is the dealer's whole stock, so cars of the same mapping that it lacks are gone - unless it lacks too
  many to be believed, see `RemovalLimits`. Rows that were rejected are still the dealer's cars: `kept_keys`.
- Every removal names its file, so that a person can undo it; cars that were held back are noted for approval.
- A car that the file calls sold is removed, in full and partial feeds and without a guard: `sold_keys`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import polars as pl
from sqlalchemy.orm import Session

from core.db.tables import FeedFile
from core.listing_frame import LISTING_SCHEMA
from pipelines.listings.content_hash import CONTENT_HASH_VERSION, content_hashes
from pipelines.listings.limits import DEFAULT_LIMITS, RemovalLimits
from pipelines.listings.repository import ListingRepository


@dataclass(frozen=True)
class UpsertResult:
    """What one file did: created + updated + unchanged is the number of rows given."""

    created: int
    updated: int
    unchanged: int
    removed: int
    removals_held: int  # missing cars that a guard kept live, because the file lacks too many
    unknown_branches: int  # rows whose branch code the dealer does not have


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
    names_no_car: bool | None = None,
) -> UpsertResult:
    """Bring the organisation's listings to what `frame` says, in the session's transaction.

    `frame` has the columns of LISTING_SCHEMA and `row_number`; its source keys are unique. `kept_keys` are cars that
    the file names although they are not in the frame (its rejected rows): they never count as missing. `sold_keys`
    are cars that it calls sold. `accept_removals` believes a full feed however much it lacks, unless it names no car
    at all: that says that the file is bad, not that the yard is empty. `names_no_car` says so where `frame` is only
    a part of the file; None looks at the frame. Imports of one organisation take turns: the lock is held until the
    transaction ends.
    """
    listings = ListingRepository(session, org_id)
    listings.lock()
    listings.stage(_staged(frame, file), _named(kept_keys, sold_keys))
    removed, held = listings.remove_sold(file.mapping, file.id), 0
    if delivery == "full":
        # Before the merge, so that the share is one of the cars that were live when the file came.
        count = listings.count_missing(file.mapping)
        unbelievable = frame.is_empty() if names_no_car is None else names_no_car
        if unbelievable or not (accept_removals or limits.allow(count.missing, count.live)):
            held = count.missing
            listings.hold_missing(file.mapping, file.id)
        elif count.missing:
            removed += listings.remove_missing(file.mapping, file.id)
    created, updated = listings.merge()
    return UpsertResult(
        created=created,
        updated=updated,
        unchanged=frame.height - created - updated,
        removed=removed,
        removals_held=held,
        unknown_branches=listings.count_unknown_branches(),
    )


def _staged(frame: pl.DataFrame, file: FeedFile) -> pl.DataFrame:
    rows = frame.select(*LISTING_SCHEMA, "row_number").with_columns(
        pl.col("battery_kwh").fill_nan(None), pl.col("photos", "channels").fill_null([])
    )
    return rows.with_columns(
        content_hashes(rows),
        content_hash_version=pl.lit(CONTENT_HASH_VERSION, dtype=pl.Int16),
        file_id=pl.lit(str(file.id)),
    )


def _named(kept_keys: Sequence[str], sold_keys: Sequence[str]) -> pl.DataFrame:
    """A car that is both, by two rows of the file, is kept: a removal wants a clear word."""
    kept = set(kept_keys)
    keys = [*kept, *(key for key in dict.fromkeys(sold_keys) if key not in kept)]
    sold = [False] * len(kept) + [True] * (len(keys) - len(kept))
    return pl.DataFrame({"source_key": keys, "sold": sold}, schema={"source_key": pl.String, "sold": pl.Boolean})

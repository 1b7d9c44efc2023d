"""Keep each car its listing where a newer version of a mapping reads another stock number.

The keys of all cars then change at once: none of the listed cars is found in the file, and every car of it is new. But
the same row names a car by both keys, when it is read by the former version too. See decision 0140.
"""

from collections.abc import Callable, Iterator, Sequence

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import FeedFile, Listing
from core.errors import InvalidInputError, NotFoundError, RefusedFileError
from core.states.listings import in_states
from core.storage import Storage
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping, mapping_names
from pipelines.feeds.parsing.parse import ParsedFeed
from pipelines.imports.context import ImportContext
from pipelines.imports.prices.confirmations import PriceConfirmations
from pipelines.listings.rekey import PAIRS, rekey_listings

Reread = Callable[[Mapping], ParsedFeed]
"""Reads the file by another mapping."""


def follow_changed_keys(
    context: ImportContext, file: FeedFile, mapping: Mapping, parsed: ParsedFeed, reread: Reread
) -> frozenset[str]:
    """Give listings that came by a version of the mapping with another key the key that the file's rows have now.

    Returns:
        Old keys of cars of which another listing has the new key already: these are one car twice.
    """
    doubles: frozenset[str] = frozenset()
    for former in former_readings(context.session, context.storage, file, mapping):
        try:
            before = reread(former)
        except RefusedFileError:  # the file has no longer the columns that this version needs
            continue
        pairs = pair_keys(before, parsed)
        if pairs.height:
            rekeyed = rekey_listings(context.session, file, pairs)
            PriceConfirmations(context.session).rekey(file.org_id, rekeyed.changed)
            doubles |= rekeyed.doubles
    return doubles


def former_readings(session: Session, storage: Storage, file: FeedFile, mapping: Mapping) -> Iterator[Mapping]:
    """Load the versions of a mapping with another key by which cars on offer came, the newest first."""
    if mapping.name in mapping_names():
        return  # a preset never changes its key: a test pins it
    came = select(FeedFile.mapping_version).where(
        FeedFile.org_id == file.org_id, FeedFile.mapping == mapping.name, FeedFile.mapping_version != mapping.version
    )
    versions = session.scalars(came.distinct()).all()
    rekeyed = {each.version: each for each in _with_other_key(storage, file, mapping, versions)}
    if not rekeyed:
        return
    listed = came.join(Listing, Listing.file_id == FeedFile.id).where(
        Listing.org_id == file.org_id, in_states(Listing.status, "searched"), FeedFile.mapping_version.in_(rekeyed)
    )
    for version in sorted(session.scalars(listed.distinct()), reverse=True):
        yield rekeyed[version]


def _with_other_key(storage: Storage, file: FeedFile, mapping: Mapping, versions: Sequence[int]) -> Iterator[Mapping]:
    for version in versions:
        try:
            former = load_mapping(mapping.name, storage, file.org_id, version)
        except (NotFoundError, InvalidInputError):  # kept before mappings had owners, or refused today
            continue
        if former.key != mapping.key:
            yield former


def pair_keys(before: ParsedFeed, now: ParsedFeed) -> pl.DataFrame:
    """Pair the keys (PAIRS) that two readings of one file give to the same row, where they differ.

    None where they found different numbers of rows: then they may have read different sheets.
    """
    if before.rows_read != now.rows_read:
        return pl.DataFrame(schema=PAIRS)
    old = _named(before).rename({"source_key": "old_key"})
    pairs = old.join(_named(now).rename({"source_key": "new_key"}), on="row_number")
    for key in ("old_key", "new_key"):
        pairs = pairs.unique(key, keep="none", maintain_order=True)
    return pairs.filter(pl.col("old_key") != pl.col("new_key")).select(PAIRS.names())


def _named(parsed: ParsedFeed) -> pl.DataFrame:
    """List the rows that name a car, also those that are rejected for another reason."""
    rejected = parsed.rejects.filter(pl.col("source_key").is_not_null(), pl.col("code") != "duplicate_key")
    parts = (parsed.read.keys, parsed.recognised, rejected)
    return pl.concat(part.select(pl.col("row_number").cast(pl.Int32), "source_key") for part in parts)

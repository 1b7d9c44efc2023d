"""Write rows of files into the listings and their prices. Beside this module only `removals`, `rekey` and `claims` do.

The order of the steps is in the types: `BulkWriter.open` gives a writer, `compare` gives a `Comparison`, and only that
can remove listings and apply rows.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy import Result, text
from sqlalchemy.orm import Session

from core.db.copy import copy_frame, copy_frames
from pipelines.listings import bulk_sql as sql
from pipelines.listings.digest_compare import ids_of, live_listings, without_unchanged
from pipelines.listings.incoming_files import VERSION, Counts, IncomingFile, IncomingFiles
from pipelines.listings.incoming_rows import IncomingRows

WORTH_FETCHING = 5_000
"""At this many rows or more, digests are fetched and compared in Polars; below it, keys are sent to PostgreSQL."""


def lock_listings(session: Session, *org_ids: UUID) -> None:
    """Wait for any other import of these organisations to end, and keep others out until the transaction ends."""
    session.execute(sql.LOCK, {"org_ids": sorted(map(str, org_ids))}).all()


def lock_free_listings(session: Session, org_ids: Collection[UUID]) -> int:
    """Take, until the transaction ends, the locks of these organisations that no import holds, and count them."""
    return len(session.scalars(sql.LOCK_FREE, {"org_ids": list(map(str, org_ids))}).all())


class BulkWriter:
    """Writes the rows of files of different organisations. Their locks must be held (`lock_listings`)."""

    def __init__(self, session: Session, files: IncomingFiles, *, has_listings: bool, has_chassis: bool) -> None:
        self._session = session
        self.files = files
        self.has_listings = has_listings
        """Whether the organisations have any listing, even a removed one: else `insert_all` is enough."""
        self.has_chassis = has_chassis
        """Whether they, or these rows, have any chassis number."""

    @classmethod
    def open(cls, session: Session, files: Sequence[IncomingFile]) -> "BulkWriter":
        """Create the temporary tables for these files."""
        org_ids = [file.org_id for file in files]
        session.execute(text(sql.CREATE_TABLES))  # one round trip: of small files it is most of the time
        rows = [
            {"at": at, "file_id": str(each.file_id), "org_id": str(each.org_id), "mapping": each.mapping}
            for at, each in enumerate(files)
        ]
        copy_frame(session, "incoming_files", pl.DataFrame(rows))
        branches = [tuple(row) for row in session.execute(sql.BRANCHES, {"org_ids": org_ids})]
        have = session.execute(sql.HAVE_ANY, {"org_ids": org_ids}).one()
        return cls(session, IncomingFiles(files, branches), has_listings=have.listings, has_chassis=have.chassis)

    @property
    def unknown_branches(self) -> Counts:
        """Count, by file, the rows that name a branch which the organisation does not have."""
        return self.files.unknown_branches

    def insert_all(self, frames: Iterable[pl.DataFrame]) -> Counts:
        """Insert the rows of organisations that have no listings, frame by frame, and count them by file.

        The frames are those of `IncomingRows.frames`, with `content_hash`.
        """
        return _insert(self._session, self.files, map(self.files.with_branches, frames))

    def compare(self, digests: pl.DataFrame, named_keys: pl.DataFrame, full_files: Sequence[int]) -> "Comparison":
        """Compare the rows with the table, by key and digest alone; here or there, whichever is less work.

        Args:
            digests: `IncomingRows.digests`.
            named_keys: cars that the files name although they are not rows: `file`, `source_key`, and whether the
                file calls them `sold`.
            full_files: positions of the files that name the whole stock of their dealer.
        """
        rows = self.files.with_branches(digests).with_columns(pl.int_range(pl.len(), dtype=pl.Int32).alias("at"))
        fetched = rows.height >= WORTH_FETCHING
        live, different = self._only_changed(rows) if fetched else ({}, rows)
        columns = ["at", "org_id", "source_key", "branch_id", "content_hash"]
        owned = self.files.with_owners(different)
        copy_frame(self._session, "incoming_rows", owned.select(*columns, VERSION))
        keys = self.files.with_owners(named_keys).select("org_id", "source_key", "sold")
        copy_frame(self._session, "incoming_keys", keys)
        self._session.execute(text(sql.INDEX_TABLES))
        comparison = Comparison(self._session, self.files, rows, fetched=fetched, any_sold=bool(keys["sold"].any()))
        comparison.count_missing(full_files, live)
        return comparison

    def _only_changed(self, rows: pl.DataFrame) -> tuple[Counts, pl.DataFrame]:
        """Return the number of live listings by file, and the rows that none of them shows.

        The listings that no row shows go to `incoming_left`.
        """
        listings = live_listings(self._session)
        different, left = without_unchanged(rows, listings)
        left = left.filter("of_mapping")
        copy_frame(self._session, "incoming_left", ids_of(left).bin.encode("hex").to_frame())
        live = listings["file"].filter(listings["of_mapping"]).to_frame()
        return dict(live.group_by("file").len().iter_rows()), different


class Comparison:
    """The differences between the rows of an import and the table, as `BulkWriter.compare` found them."""

    def __init__(
        self, session: Session, files: IncomingFiles, rows: pl.DataFrame, *, fetched: bool, any_sold: bool
    ) -> None:
        self._session = session
        self._files = files
        self._rows = rows
        self._fetched = fetched
        self._any_sold = any_sold
        found = session.execute(sql.COMPARE).all()
        self._new = pl.Series("at", [row.at for row in found if not row.known], pl.Int32)
        self._changed = pl.Series("at", [row.at for row in found if row.known], pl.Int32)
        self.missing: dict[int, tuple[int, int]] = {}
        """Of each full file: the listings that were live when it came, through its mapping, and how many of them it
        does not name at all."""

    def count_missing(self, files: Sequence[int], live: Counts) -> None:
        """Fill `missing`; before anything is removed, so that the share is one of the cars that were live."""
        if not files:
            return
        found = {at: (there, lacked) for at, there, lacked in self._said(sql.COUNT_MISSING, files)}
        if self._fetched:
            found = {at: (live.get(at, 0), found.get(at, (0, 0))[1]) for at in files}
        self.missing = found

    def remove_sold(self) -> Counts:
        """Mark the live listings that the files call sold as removed, and count them by file."""
        if not self._any_sold:
            return {}  # most files call no car sold, and the query walks over the whole stock
        return _by_file(self._said(sql.REMOVE_SOLD, range(self._files.count)))

    def remove_missing(self, files: Sequence[int]) -> Counts:
        """Mark the missing listings of these files as removed, and count them by file."""
        return _by_file(self._said(sql.REMOVE_MISSING, files)) if files else {}

    def hold_missing(self, files: Sequence[int]) -> None:
        """Keep the missing listings of these files live, and record each for the person who will decide."""
        if files:
            self._said(sql.HOLD_MISSING, files)

    def _said(self, statement: sql.Narrowed, files: Sequence[int]) -> Result[*tuple[Any, ...]]:
        """Execute a statement about the live listings; where digests were fetched, about those that no row equals."""
        return self._session.execute(statement[self._fetched], {"files": list(files)})

    def apply(self, rows: IncomingRows, *, chassis: bool = False) -> tuple[Counts, Counts]:
        """Insert the new rows and update the changed ones, with their prices; return both counts by file.

        With `chassis` rows may differ by their chassis number alone: such listings get the new digest, and no update.
        """
        created = _insert(self._session, self._files, self._whole(rows, self._new)) if self._new.len() else {}
        return created, self._update(rows, chassis=chassis) if self._changed.len() else {}

    def _update(self, rows: IncomingRows, *, chassis: bool) -> Counts:
        self._session.execute(text(sql.CREATE_CHANGES))
        whole = map(self._files.as_listings, self._whole(rows, self._changed))
        copy_frames(self._session, "incoming_changes", whole)
        self._session.execute(text(sql.INDEX_CHANGES))
        self._session.execute(sql.RESTAMP, {"chassis": chassis})
        self._session.execute(sql.KEEP_FIRST_PRICES)
        return _by_file(self._session.execute(sql.UPDATE))

    def _whole(self, rows: IncomingRows, wanted: pl.Series) -> Iterator[pl.DataFrame]:
        chosen = self._rows if wanted.len() == self._rows.height else self._rows[wanted.sort()]
        return rows.select(chosen.select("file", "row_number", "branch_id", "content_hash"))


def _insert(session: Session, files: IncomingFiles, rows: Iterable[pl.DataFrame]) -> Counts:
    """Copy new cars straight into the table, and count them by file.

    No other import can make them meanwhile, as the lock is held.
    """
    moment = str(session.scalar(sql.NOW))
    stamps = {name: pl.lit(moment) for name in ("created_at", "updated_at")}
    created: Counts = {}

    def stamped() -> Iterator[pl.DataFrame]:
        for each in rows:
            for file, count in each.group_by("file").len().iter_rows():
                created[file] = created.get(file, 0) + count
            yield files.as_listings(each).with_columns(**stamps)

    copy_frames(session, "listings", stamped())
    return created


def _by_file(rows: Result[*tuple[Any, ...]]) -> Counts:
    return {at: count for at, count in rows}  # noqa: C416  (rows are no pairs)


def analyse(session: Session) -> None:
    """Renew the planner's statistics after many rows came in at once.

    The server does so by itself, but a minute late; until then every page of the API would scan all live rows.
    """
    session.execute(text("ANALYZE listings"))

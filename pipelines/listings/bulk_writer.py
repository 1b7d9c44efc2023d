"""Rows of files into the listings and their prices; only `removals` writes them beside this module."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import polars as pl
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from core.db.copy import copy_frame, copy_frames
from pipelines.listings import bulk_sql as sql
from pipelines.listings.content_hash import CONTENT_HASH_VERSION
from pipelines.listings.digest_compare import present_listings, shown

WORTH_FETCHING = 5_000
"""From so many rows on, what the table shows is fetched and compared here; below, the keys are sent there."""

Counts = dict[int, int]
"""Something by the place of a file among the staged ones."""
Parts = Callable[[], Iterable[pl.DataFrame]]
"""The rows of all files, anew at each call, in frames: canonical columns, `row_number`, and `file`, the place of the
row's file among the staged ones (Int32)."""


@dataclass(frozen=True)
class StagedFile:
    """A file whose rows are staged: at most one of each organisation at a time."""

    file_id: UUID
    org_id: UUID
    mapping: str


class ListingRepository:
    """The listings of one organisation or of several, written in bulk from staged rows.

    `begin` comes first, then `create_all` or `stage`; the other methods act on what `stage` found.
    """

    def __init__(self, session: Session, *org_ids: UUID) -> None:
        self._session = session
        self._org_ids = list(org_ids)
        self._files: Sequence[StagedFile] = ()
        self._new = self._changed = pl.Series("at", dtype=pl.Int32)
        self._rows = pl.DataFrame()
        self._live: Counts | None = None
        self._any_sold = False
        self._branches = pl.DataFrame()
        self.unknown_branches: Counts = {}
        """Rows that name a branch which the organisation does not have."""

    def lock(self) -> None:
        """Wait for any other import of these organisations to end, and keep others out until the transaction ends."""
        self._session.execute(sql.LOCK, {"org_ids": sorted(map(str, self._org_ids))}).all()

    def begin(self, files: Sequence[StagedFile]) -> bool:
        """Say which files are about to come; whether the table has any listing of their organisations, even a removed
        one. Where it has none `create_all` is the way, else `stage`, which compares."""
        self._files = files
        self._branches = self._known_branches()
        self._execute(sql.STAGE)
        staged = [
            {"at": at, "file_id": str(each.file_id), "org_id": str(each.org_id), "mapping": each.mapping}
            for at, each in enumerate(files)
        ]
        copy_frame(self._session, "incoming_files", pl.DataFrame(staged))
        return bool(self._session.scalar(sql.HAVE_ANY, {"org_ids": self._org_ids}))

    def create_all(self, parts: Iterable[pl.DataFrame]) -> Counts:
        """Rows of organisations that have no listings: all are new, and go into the table as they come.

        Parts as in `Parts`, and `content_hash`.
        """
        return self._create(map(self._stamped, map(self._with_branches, parts)))

    def stage(self, rows: pl.DataFrame, keys: pl.DataFrame) -> bool:
        """Compare files with the table; False where a recognised row is not what the table shows.

        `rows` has a line a row: `at` (its place), `file`, `source_key`, `branch_code`, `content_hash`, and
        `recognised` where the row itself is not at hand and has to be read first if it differs. `keys` (`file`,
        `source_key`, `sold`) are cars that the files name although they are not rows: rejected ones, and of those
        the sold ones. Only keys and digests are compared, here or there, whichever is less work; `merge` takes the
        rows that are new or changed: of most deliveries that is a hundredth.
        """
        self._rows = self._with_branches(rows)
        different = self._narrowed() if rows.height >= WORTH_FETCHING else self._rows
        columns = ["at", "org_id", "source_key", "branch_id", "content_hash"]
        version = pl.lit(CONTENT_HASH_VERSION, pl.Int16).alias("content_hash_version")
        copy_frame(self._session, "incoming_rows", self._owned(different).select(*columns, version))
        copy_frame(self._session, "incoming_keys", self._owned(keys).select("org_id", "source_key", "sold"))
        self._any_sold = bool(keys["sold"].any())
        self._execute(sql.STAGED)
        found = self._session.execute(sql.COMPARE).all()
        self._new = pl.Series("at", [row.at for row in found if not row.known], pl.Int32)
        self._changed = pl.Series("at", [row.at for row in found if row.known], pl.Int32)
        recognised = self._rows.filter("recognised")["at"]
        return not recognised.is_in(pl.concat([self._new, self._changed]).implode()).any()

    def _narrowed(self) -> pl.DataFrame:
        """Without the rows that the table shows; what no row shows is staged as `incoming_left`."""
        present = present_listings(self._session)
        different, left = shown(self._rows, present)
        present, left = (each.filter("of_mapping") for each in (present, left))
        self._live = dict(present.group_by("file").len().iter_rows())
        copy_frame(self._session, "incoming_left", left.select(pl.col("id").bin.encode("hex")))
        return different

    def _known_branches(self) -> pl.DataFrame:
        found = self._session.execute(sql.BRANCHES, {"org_ids": self._org_ids}).all()
        place = {str(file.org_id): at for at, file in enumerate(self._files)}
        return pl.DataFrame(
            [(place[org_id], code, branch_id) for org_id, code, branch_id in found],
            schema={"file": pl.Int32, "branch_code": pl.String, "branch_id": pl.String},
            orient="row",
        )

    def _with_branches(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`branch_id` for `branch_code`."""
        rows = rows.join(self._branches, on=["file", "branch_code"], how="left", maintain_order="left")
        unknown = rows.filter(pl.col("branch_code").is_not_null() & pl.col("branch_id").is_null())
        for file, count in unknown.group_by("file").len().iter_rows():
            self.unknown_branches[file] = self.unknown_branches.get(file, 0) + count
        return rows

    def _owned(self, rows: pl.DataFrame) -> pl.DataFrame:
        """With `org_id` and `file_id` for `file`."""
        places = pl.col("file").cast(pl.Int32)
        values = {name: [str(getattr(file, name)) for file in self._files] for name in ("org_id", "file_id")}
        return rows.with_columns(
            places.replace_strict(list(range(len(self._files))), ids, return_dtype=pl.String).alias(name)
            for name, ids in values.items()
        )

    def _execute(self, statements: str) -> None:
        self._session.execute(text(statements))  # one journey: of small files it is most of the time

    def count_missing(self, files: Iterable[int]) -> dict[int, tuple[int, int]]:
        """Of each of these files: the live listings that came through its mapping, and how many of them it does not
        name at all."""
        wanted = list(files)
        if not (scope := self._scope(wanted)):
            return {}
        found = {at: (live, missing) for at, live, missing in self._session.execute(sql.COUNT_MISSING, scope)}
        if self._live is None:
            return found
        return {at: (self._live.get(at, 0), found.get(at, (0, 0))[1]) for at in wanted}

    def remove_missing(self, files: Iterable[int]) -> Counts:
        """Mark the missing listings (see `count_missing`) as removed by these files; how many there were."""
        return self._removed(sql.REMOVE_MISSING, files)

    def remove_sold(self) -> Counts:
        """Mark the live listings that the files call sold as removed; how many there were."""
        if not self._any_sold:
            return {}  # most files say so of no car, and the question walks over the whole stock
        return self._removed(sql.REMOVE_SOLD, range(len(self._files)))

    def hold_missing(self, files: Iterable[int]) -> None:
        """Keep the missing listings live, and note each of them for the person who will decide."""
        if scope := self._scope(files):
            self._session.execute(sql.HOLD_MISSING, scope)

    def _removed(self, statement: TextClause, files: Iterable[int]) -> Counts:
        scope = self._scope(files)
        return self._by_file(statement, scope) if scope else {}

    def _scope(self, files: Iterable[int]) -> dict[str, object] | None:
        """What statements about missing cars ask for; None where they would ask for nothing."""
        wanted = list(files)
        return {"files": wanted, "narrowed": self._live is not None} if wanted else None

    def merge(self, parts: Parts) -> tuple[Counts, Counts]:
        """Create and update listings from the rows that differ, with price history; (created, updated)."""
        created = self._create(self._whole(parts, self._new)) if self._new.len() else {}
        return created, self._update(parts) if self._changed.len() else {}

    def _create(self, rows: Iterable[pl.DataFrame]) -> Counts:
        """New cars go straight into the table: nobody else can make them meanwhile, the lock is held."""
        moment = str(self._session.scalar(sql.NOW))
        stamps = {name: pl.lit(moment) for name in ("created_at", "updated_at")}
        copy_frames(self._session, "listings", (each.with_columns(**stamps) for each in rows))
        return self._by_file(sql.FOLLOW_NEW, {"moment": moment})

    def _update(self, parts: Parts) -> Counts:
        self._execute(sql.STAGE_CHANGED)
        copy_frames(self._session, "incoming_changes", self._whole(parts, self._changed))
        self._execute(sql.STAGED_CHANGED)
        self._session.execute(sql.RESTAMP)
        return self._by_file(sql.UPDATE, {})

    def _by_file(self, statement: TextClause, given: dict[str, object]) -> Counts:
        return {at: count for at, count in self._session.execute(statement, given)}  # noqa: C416  (rows are no pairs)

    def _whole(self, parts: Parts, wanted: pl.Series) -> Iterator[pl.DataFrame]:
        """The wanted rows in full, stamped, a part at a time."""
        chosen = self._rows if wanted.len() == self._rows.height else self._rows[wanted.sort()]
        stamps = chosen.select("file", "row_number", "branch_id", "content_hash")
        for part in parts():
            yield self._stamped(part.join(stamps, on=["file", "row_number"], how="inner", maintain_order="left"))

    def _stamped(self, rows: pl.DataFrame) -> pl.DataFrame:
        """As the table has them."""
        version = pl.lit(CONTENT_HASH_VERSION, pl.Int16).alias("content_hash_version")
        return self._owned(rows).with_columns(version).select(sql.ROW_COLUMNS)


def analyse(session: Session) -> None:
    """Renew the planner's statistics after many rows came in at once.

    The server does so by itself, but a minute late; until then every page of the API would scan all live rows.
    """
    session.execute(text("ANALYZE listings"))

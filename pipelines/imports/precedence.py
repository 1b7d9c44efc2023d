"""How a file stands among the others of its dealer: what newer files have decided, and what they left open.

Files are ordered by `(snapshot_at, id)`, whenever they arrive. About a car, a file says one of four things: this is
it (a row), it is sold, it is gone (a full feed that lacks it), or nothing (a row that was rejected; a partial feed
that lacks it; a full feed whose silence a guard or a person did not believe). A late file decides only what no newer
file has decided, so that every order of arrival ends in the same listings. See decision 0006.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import polars as pl
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.db.tables import FeedFile
from core.errors import NotFoundError, RefusedFileError
from core.storage import Storage
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import ParsedFeed
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.imports.staging import read_stored

SAYS_SOLD = "not_for_sale"
"""The reject code that is news about the car itself: a listing of that key is removed."""

DECIDED = ("applied", "duplicate", "stale")
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class NamedKeys:
    """The cars that a file names: its rows, those it calls sold, and those whose rows were rejected."""

    rows: frozenset[str]
    sold: frozenset[str]
    kept: frozenset[str]


@dataclass(frozen=True)
class Standing:
    """What the newer files say, all of them together."""

    newer: list[FeedFile] = field(default_factory=list)  # newest first
    rows: frozenset[str] = _NONE
    sold: frozenset[str] = _NONE
    kept: frozenset[str] = _NONE
    open_keys: frozenset[str] | None = None
    """Where a newer full feed was believed, every car is decided but these; None: every car but the named ones."""

    def open(self, keys: frozenset[str]) -> frozenset[str]:
        """Those of the keys that no newer file has decided."""
        undecided = keys - self.rows - self.sold
        return undecided if self.open_keys is None else undecided & self.open_keys


def named_keys(parsed: ParsedFeed) -> NamedKeys:
    """Who a parsed file is about. A car both kept and sold, by two rows, is kept: removal wants a clear word."""
    rows = frozenset(parsed.keys.to_list())
    kept, sold = reject_keys(parsed)
    return NamedKeys(rows, sold - rows - kept, kept - rows)


def reject_keys(parsed: ParsedFeed) -> tuple[frozenset[str], frozenset[str]]:
    """The keys of the rejected rows: cars that are still the dealer's, and cars that are sold."""
    sold = pl.col("code") == SAYS_SOLD
    return _keys(parsed.rejects.filter(~sold)), _keys(parsed.rejects.filter(sold))


def standing_of(session: Session, storage: Storage, file: FeedFile, limits: FeedLimits = DEFAULT_LIMITS) -> Standing:
    """Read the newer files of the same organisation, newest first, until they have decided every car.

    Where there are none - nearly always - this is one query. A newer file that cannot be read any more counts as
    having decided everything: rather a car of an old file is missing than a newer one is overwritten.
    """
    newer = list(_newer(session, file))
    disbelieved = _disbelieved(session, file.org_id) if newer else set()
    rows, sold, kept, open_keys = _NONE, _NONE, _NONE, None
    for each in _one_of_each(newer):
        try:
            mapping = load_mapping(each.mapping, storage)
            named = named_keys(read_stored(storage, each, mapping, limits))
        except (RefusedFileError, NotFoundError):
            open_keys = _NONE
            break
        rows, sold, kept = rows | named.rows, sold | (named.sold - rows), kept | named.kept
        speaks_for_all = mapping.delivery == "full" and each.mapping == file.mapping and bool(named.rows)
        if speaks_for_all and (each.mapping, each.digest) not in disbelieved:
            open_keys = named.kept if open_keys is None else open_keys & named.kept
        if open_keys == _NONE:
            break
    return Standing(newer, rows, sold, kept, open_keys)


def has_newer(session: Session, file: FeedFile) -> bool:
    """Whether a newer file of the organisation has been decided."""
    return next(_newer(session, file), None) is not None


def _newer(session: Session, file: FeedFile) -> Iterator[FeedFile]:
    later = or_(
        FeedFile.snapshot_at > file.snapshot_at,
        and_(FeedFile.snapshot_at == file.snapshot_at, FeedFile.id > file.id),
    )
    query = select(FeedFile).where(FeedFile.org_id == file.org_id, FeedFile.status.in_(DECIDED), later)
    yield from session.scalars(query.order_by(FeedFile.snapshot_at.desc(), FeedFile.id.desc()))


def _disbelieved(session: Session, org_id: UUID) -> set[tuple[str, str]]:
    """Contents whose silence about a car removed nothing: held back by the guard, or undone by a person."""
    query = select(FeedFile.mapping, FeedFile.digest).where(
        FeedFile.org_id == org_id, or_(FeedFile.removals_held > 0, FeedFile.undone_at.is_not(None))
    )
    return {(row.mapping, row.digest) for row in session.execute(query)}


def _one_of_each(files: list[FeedFile]) -> Iterator[FeedFile]:
    seen = set()
    for file in files:
        content = (file.mapping, file.digest)
        if content not in seen:
            seen.add(content)
            yield file


def _keys(rejects: pl.DataFrame) -> frozenset[str]:
    return frozenset(rejects["source_key"].drop_nulls().to_list())

"""Find the cars that newer files of a dealer have left for a late file to decide.

Files are ordered by `(snapshot_at, id)`, whenever they arrive. About a car, a file states one of four things: its
content (a row), that it is sold, that it is gone (a full feed that lacks it), or nothing (a row that was rejected; a
partial feed that lacks it; a full feed whose omissions a guard or a person did not accept). A late file decides only
the cars that no newer file has decided, so that every order of arrival ends in the same listings. See decision 0006.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import polars as pl
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.db.tables import FeedFile
from core.errors import NotFoundError, RefusedFileError
from pipelines.feeds.deliveries.repository import FeedRejectRepository
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import ParsedFeed
from pipelines.imports.context import ImportContext
from pipelines.imports.parsed.staging import read_stored

SOLD_CODE = "not_for_sale"
"""The reject code that states something about the car itself: a listing of that key is removed."""

HELD_CODE = "implausible_price"
"""The reject code that depends on the market of the day: only the recorded rejects of a file say which rows have it."""

DECIDED = ("applied", "duplicate", "stale")
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class NamedKeys:
    """The cars that a file names: its rows, those it calls sold, and those whose rows were rejected."""

    rows: frozenset[str]
    sold: frozenset[str]
    kept: frozenset[str]


@dataclass(frozen=True)
class NewerFiles:
    """The decided files of the same organisation that are newer than a file, and all the cars that they name."""

    files: list[FeedFile] = field(default_factory=list)  # newest first
    rows: frozenset[str] = _NONE
    sold: frozenset[str] = _NONE
    kept: frozenset[str] = _NONE
    open_keys: frozenset[str] | None = None
    """After a newer full feed that was accepted, only these cars are undecided; None: all but the named ones are."""

    def undecided(self, keys: frozenset[str]) -> frozenset[str]:
        """Select those of the keys that no newer file has decided."""
        undecided = keys - self.rows - self.sold
        return undecided if self.open_keys is None else undecided & self.open_keys


def named_keys(parsed: ParsedFeed) -> NamedKeys:
    """Return the keys that a parsed file names. A car that is both kept and sold, by two rows, is kept."""
    rows = frozenset(parsed.keys.to_list())
    kept, sold = reject_keys(parsed)
    return NamedKeys(rows, sold - rows - kept, kept - rows)


def reject_keys(parsed: ParsedFeed) -> tuple[frozenset[str], frozenset[str]]:
    """Return the keys of the rejected rows: cars that are still the dealer's, and cars that are sold."""
    sold = pl.col("code") == SOLD_CODE
    return _keys(parsed.rejects.filter(~sold)), _keys(parsed.rejects.filter(sold))


def newer_files_of(context: ImportContext, file: FeedFile) -> NewerFiles:
    """Read the newer files of the same organisation, newest first, until they have decided every car.

    Where there are none, which is nearly always, this is one query. A newer file that cannot be read any more counts as
    having decided everything: better that a car of an old file is missing than that a newer one is overwritten.
    """
    newer = list(_newer(context.session, file))
    not_accepted = _omissions_not_accepted(context.session, file.org_id) if newer else set()
    rows, sold, kept, open_keys = _NONE, _NONE, _NONE, None
    for each in _one_of_each(newer):
        try:
            mapping = load_mapping(each.mapping, context.storage, each.org_id)
            named = _without_held(context.session, each, named_keys(read_stored(context, each, mapping)))
        except (RefusedFileError, NotFoundError):
            open_keys = _NONE
            break
        rows, sold, kept = rows | named.rows, sold | (named.sold - rows), kept | named.kept
        names_all = mapping.delivery == "full" and each.mapping == file.mapping and bool(named.rows)
        if names_all and (each.mapping, each.digest) not in not_accepted:
            open_keys = named.kept if open_keys is None else open_keys & named.kept
        if open_keys == _NONE:
            break
    return NewerFiles(newer, rows, sold, kept, open_keys)


def _without_held(session: Session, file: FeedFile, named: NamedKeys) -> NamedKeys:
    """Take the rows that a file held back for their price as undecided by it, as other rejected rows are."""
    held = frozenset(FeedRejectRepository(session).keys(file.id, HELD_CODE)) & named.rows
    return NamedKeys(named.rows - held, named.sold, named.kept | held) if held else named


def has_newer(session: Session, file: FeedFile) -> bool:
    """Tell whether a newer file of the organisation has been decided."""
    return next(_newer(session, file), None) is not None


def _newer(session: Session, file: FeedFile) -> Iterator[FeedFile]:
    later = or_(
        FeedFile.snapshot_at > file.snapshot_at,
        and_(FeedFile.snapshot_at == file.snapshot_at, FeedFile.id > file.id),
    )
    query = select(FeedFile).where(FeedFile.org_id == file.org_id, FeedFile.status.in_(DECIDED), later)
    yield from session.scalars(query.order_by(FeedFile.snapshot_at.desc(), FeedFile.id.desc()))


def _omissions_not_accepted(session: Session, org_id: UUID) -> set[tuple[str, str]]:
    """List contents that removed nothing by lacking a car: held back by the guard, or undone by a person."""
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

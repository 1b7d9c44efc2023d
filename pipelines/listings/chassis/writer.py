"""Write the chassis numbers of the rows that an import creates or changes, in its transaction.

A number is part of the digest of its row, as its blind index, so that a row whose number changed is found like any
other change. Where nothing else changed, the listing is left alone: nobody but its owner sees the number. A number
that a person stated stays while the feed states none.
"""

import logging
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.copy import copy_frame
from core.db.ids import new_id
from core.personal_data.owner import Owner
from core.personal_data.sealer import Place, Sealer
from core.security.keyring import BadKeyringError
from core.security.platform_keys import KeysMissingError, PlatformKeys
from pipelines.listings.chassis.number import CHASSIS_NUMBER, chassis_indexer
from pipelines.listings.incoming_files import IncomingFiles
from pipelines.listings.incoming_rows import IncomingRows

_log = logging.getLogger(__name__)
_TAKEN: Final = ("file", "source_key", "chassis_number", "chassis_index")
_CREATE = """
DROP TABLE IF EXISTS pg_temp.incoming_chassis;
CREATE TEMP TABLE incoming_chassis (org_id uuid NOT NULL, source_key text NOT NULL, id uuid, chassis_index bytea,
  sealed_number bytea) ON COMMIT DROP
"""
_INDEX = "CREATE UNIQUE INDEX ON incoming_chassis (org_id, source_key); ANALYZE incoming_chassis"
_FORGET = text("""
DELETE FROM listing_chassis c USING incoming_chassis i, listings l
WHERE c.listing_id = l.id AND l.org_id = i.org_id AND l.source_key = i.source_key AND i.chassis_index IS NULL
  AND NOT c.by_person
""")
_ANY = text("SELECT EXISTS (SELECT FROM listing_chassis WHERE org_id = ANY(:org_ids))")
_KEEP = text("""
INSERT INTO listing_chassis AS c (id, listing_id, org_id, chassis_index, sealed_number)
SELECT i.id, l.id, l.org_id, i.chassis_index, i.sealed_number
FROM incoming_chassis i JOIN listings l ON l.org_id = i.org_id AND l.source_key = i.source_key
WHERE i.chassis_index IS NOT NULL
ON CONFLICT (listing_id) DO UPDATE SET id = excluded.id, chassis_index = excluded.chassis_index,
  sealed_number = excluded.sealed_number, by_person = false
  WHERE c.chassis_index <> excluded.chassis_index OR c.by_person
""")


class ChassisWriter:
    """Takes the numbers out of the rows as they are written, and writes them afterwards.

    Where the platform's keys cannot be opened it says so in the log and leaves all numbers as they are: stocks of
    dealers go on being imported. Deliveries after the keys were given bring the numbers.
    """

    def __init__(self, session: Session, open_keys: Callable[[], PlatformKeys] | None) -> None:
        self._session = session
        self._open_keys = open_keys
        self._keys: PlatformKeys | None = None
        self._index: Callable[[str], bytes] | None = None
        self._taken: list[pl.DataFrame] = []
        self.lacks_keys = False
        """Whether there were numbers, and no keys to seal them."""

    def with_index(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Add `chassis_index` to rows that have `chassis_number`."""
        numbers = rows["chassis_number"]
        if numbers.null_count() == numbers.len():
            return rows.with_columns(chassis_index=pl.lit(None, pl.Binary))
        if not self._has_keys():  # an empty index keeps the digest from being that of a row without a number
            empty = pl.when(pl.col("chassis_number").is_not_null()).then(pl.lit(b""))
            return rows.with_columns(chassis_index=empty)
        if self._index is None:
            self._index = chassis_indexer(self._platform_keys())
        index = self._index
        found = [None if number is None else index(number) for number in numbers]
        return rows.with_columns(pl.Series("chassis_index", found, dtype=pl.Binary))

    def taken_from(self, rows: IncomingRows) -> "TakenRows":
        """Return the same rows, whose numbers are remembered as they are read to be written."""
        return TakenRows(rows, self._take)

    def _take(self, rows: pl.DataFrame) -> pl.DataFrame:
        self._taken.append(rows.select(_TAKEN))
        return rows

    def write(self, files: IncomingFiles) -> None:
        """Write what was taken; the listings are there by now. A row without a number takes an earlier one away."""
        taken, self._taken = self._taken, []
        rows = pl.concat(taken) if taken else pl.DataFrame()
        if rows.is_empty() or self.lacks_keys:
            return
        owned = files.with_owners(rows)
        if rows["chassis_number"].null_count() == rows.height and not self._have_numbers(owned):
            return
        self._session.execute(text(_CREATE))
        copy_frame(self._session, "incoming_chassis", self._sealed(owned))
        self._session.execute(text(_INDEX))
        self._session.execute(_FORGET)
        self._session.execute(_KEEP)

    def _have_numbers(self, rows: pl.DataFrame) -> bool:
        owners = {"org_ids": [UUID(org_id) for org_id in rows["org_id"].unique()]}
        found: bool = self._session.execute(_ANY, owners).scalar_one()
        return found

    def _sealed(self, rows: pl.DataFrame) -> pl.DataFrame:
        ids: list[str | None] = []
        sealed: list[bytes | None] = []
        sealer = None if rows["chassis_number"].null_count() == rows.height else self._sealer()
        owners = {org_id: Owner.org(UUID(org_id)) for org_id in rows["org_id"].unique()}
        for org_id, number in rows.select("org_id", "chassis_number").iter_rows():
            if sealer is None or number is None:
                ids.append(None)
                sealed.append(None)
                continue
            row_id = new_id()
            place = Place.of(CHASSIS_NUMBER.table, CHASSIS_NUMBER.column, row_id)
            ids.append(str(row_id))
            sealed.append(sealer.seal(owners[org_id], number, place))
        return rows.select(
            "org_id",
            "source_key",
            pl.Series("id", ids, dtype=pl.String),
            "chassis_index",
            pl.Series("sealed_number", sealed, dtype=pl.Binary),
        )

    def _has_keys(self) -> bool:
        if not self.lacks_keys:
            try:
                self._platform_keys()
            except (KeysMissingError, BadKeyringError) as error:
                self.lacks_keys = True
                _log.warning("chassis numbers are left out of this import: %s", error.detail)
        return not self.lacks_keys

    def _sealer(self) -> Sealer:
        return Sealer(self._session, self._platform_keys())

    def _platform_keys(self) -> PlatformKeys:
        if self._keys is None:
            if self._open_keys is None:
                raise RuntimeError("a file with chassis numbers is imported without the keys that seal them")
            self._keys = self._open_keys()
        return self._keys


def chassis_writer(
    session: Session, open_keys: Callable[[], PlatformKeys] | None, fields: Container[str]
) -> ChassisWriter | None:
    """Return the writer for rows of a mapping that fills these fields; None for one without chassis numbers."""
    return ChassisWriter(session, open_keys) if "chassis_number" in fields else None


@dataclass(frozen=True)
class TakenRows:
    """`IncomingRows` that pass through a function when they are read to be written."""

    rows: IncomingRows
    take: Callable[[pl.DataFrame], pl.DataFrame]

    def frames(self) -> Iterator[pl.DataFrame]:
        """Read all rows."""
        return map(self.take, self.rows.frames())

    def digests(self) -> pl.DataFrame:
        """Digest all rows."""
        return self.rows.digests()

    def select(self, chosen: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Read the chosen rows."""
        return map(self.take, self.rows.select(chosen))

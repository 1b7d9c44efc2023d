"""Keep differences between a feed and the states of cars that people or deposits decided, for the dealer's report.

A feed never changes such a state, and nobody would know that it wanted to. There are few such cars, so they are read
and compared with the keys of the files, also where the rows themselves are compared by digest.
"""

from dataclasses import dataclass

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.tables.listings import DECIDED
from core.states.listings import Giver, is_in

# Of the mapping of the file alone: what another feed of the dealer lacks is no word about these.
# A car whose state is the feed's own again differs no more: later a person may decide about it anew.
_DECIDED = text(f"""
WITH agreed AS (
  DELETE FROM listing_differences d USING listings l, incoming_files t
  WHERE l.id = d.listing_id AND l.org_id = t.org_id AND l.state_by = '{Giver.FEED}'
)
SELECT t.at AS file, l.source_key, l.id::text, l.status
FROM incoming_files t JOIN listings l ON l.org_id = t.org_id JOIN feed_files f ON f.id = l.file_id
WHERE {DECIDED} AND state_by <> '{Giver.FEED}' AND f.mapping = t.mapping
""")  # noqa: S608  (constants, no input)
_KEEP = text("""
INSERT INTO listing_differences AS d (listing_id, file_id, says)
SELECT g.id, t.file_id, g.says FROM unnest(CAST(:ids AS uuid[]), CAST(:files AS integer[]), CAST(:says AS text[]))
  AS g (id, at, says) JOIN incoming_files t USING (at)
ON CONFLICT (listing_id) DO UPDATE SET file_id = excluded.file_id, says = excluded.says,
  since = CASE WHEN d.says = excluded.says THEN d.since ELSE now() END
""")
_FORGET = text("DELETE FROM listing_differences WHERE listing_id = ANY(CAST(:ids AS uuid[]))")
_SCHEMA = {"file": pl.Int32, "source_key": pl.String, "id": pl.String, "status": pl.String}


@dataclass(frozen=True)
class Word:
    """A file's statement about a car: it is `offered`, `sold` or `missing`."""

    listing_id: str
    file: int
    says: str
    status: str

    @property
    def differs(self) -> bool:
        """Whether the car is on offer although the feed takes it off, or the other way round."""
        return is_in(self.status, "searched") == (self.says != "offered")


def keep_differences(session: Session, rows: pl.DataFrame, named_keys: pl.DataFrame, full_files: list[int]) -> None:
    """Compare the decided cars of the files' dealers with the files, and keep where they differ.

    Args:
        session: with the table `incoming_files`.
        rows: `file` and `source_key` of the rows that are in order.
        named_keys: cars named beside them: `file`, `source_key`, and whether the file calls them `sold`.
        full_files: positions of those files whose silence says that a car is gone.
    """
    decided = session.execute(_DECIDED).all()
    if not decided:
        return
    cars = pl.DataFrame([tuple(row) for row in decided], schema=_SCHEMA, orient="row")
    words = said_of(cars, rows, named_keys, full_files)
    different = [word for word in words if word.differs]
    session.execute(_FORGET, {"ids": [word.listing_id for word in words if not word.differs]})
    if different:
        given = {"ids": [word.listing_id for word in different], "files": [word.file for word in different]}
        session.execute(_KEEP, {**given, "says": [word.says for word in different]})


def said_of(cars: pl.DataFrame, rows: pl.DataFrame, named_keys: pl.DataFrame, full_files: list[int]) -> list[Word]:
    """Return what the files say of these cars; of one whose row was rejected, and of one that a partial file lacks,
    they say nothing.
    """
    on = ["file", "source_key"]
    keys = rows.select(pl.col("file").cast(pl.Int32), "source_key").join(cars, on=on, how="semi").unique()
    named = named_keys.select(pl.col("file").cast(pl.Int32), "source_key", "sold").unique(on)
    known = (
        cars.join(keys.with_columns(offered=pl.lit(value=True)), on=on, how="left")
        .join(named, on=on, how="left")
        .with_columns(
            says=pl.when(pl.col("offered"))
            .then(pl.lit("offered"))
            .when(pl.col("sold"))
            .then(pl.lit("sold"))
            .when(pl.col("sold").is_null() & pl.col("file").is_in(full_files))
            .then(pl.lit("missing"))
        )
        .drop_nulls("says")
    )
    return [Word(*row) for row in known.select("id", "file", "says", "status").iter_rows()]

"""SQL of the listings, their prices and their outbox rows; this module is the only writer of the three."""

from dataclasses import dataclass
from uuid import UUID

import polars as pl
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from core.db.copy import copy_frame
from core.listing_frame import LISTING_SCHEMA

_CONTENT = [name for name in LISTING_SCHEMA if name not in ("source_key", "branch_code")]
_STAMPS = ["content_hash", "content_hash_version", "file_id", "row_number"]
_OLD_CONTENT = ", ".join(f"l.{name}" for name in _CONTENT)
_NEW_CONTENT = ", ".join(f"i.{name}" for name in _CONTENT)
_ROW = ["source_key", *_CONTENT, *_STAMPS, "branch_id"]
_SET = ", ".join(f"{name} = i.{name}" for name in _ROW[1:])

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('listings of ' || :org_id, 0))")

# Types follow the table. ON COMMIT DROP covers a killed import, DROP IF EXISTS a second file of one transaction.
# The indexes are not for speed but against disaster: the statistics of `listings` are stale while a dealer's first
# file is the bulk of it, the planner then thinks of a nested loop, and without an index that one is quadratic.
_STAGE = (
    "DROP TABLE IF EXISTS pg_temp.incoming_rows, pg_temp.incoming_keys",
    "CREATE TEMP TABLE incoming_rows (at integer NOT NULL, source_key text NOT NULL, branch_id uuid,"
    " content_hash bytea NOT NULL, content_hash_version smallint NOT NULL) ON COMMIT DROP",
    "CREATE TEMP TABLE incoming_keys (source_key text PRIMARY KEY, sold boolean NOT NULL) ON COMMIT DROP",
)
_STAGED = (
    "CREATE UNIQUE INDEX ON incoming_rows (source_key)",
    "ANALYZE incoming_rows, incoming_keys",
)
_STAGE_CHANGED = (
    "DROP TABLE IF EXISTS pg_temp.incoming_changes",
    f"CREATE TEMP TABLE incoming_changes ON COMMIT DROP AS SELECT {', '.join(_ROW)} FROM listings WITH NO DATA",  # noqa: S608  (column names of the schema, no input)
)
_STAGED_CHANGED = ("CREATE UNIQUE INDEX ON incoming_changes (source_key)", "ANALYZE incoming_changes (source_key)")

_BRANCHES = text("SELECT code, id::text FROM branches WHERE org_id = :org_id")

# What the table must hear of: new cars, and known ones that are not what they were (an older digest says nothing).
_COMPARE = text("""
SELECT r.at, l.id IS NOT NULL AS known
FROM incoming_rows r LEFT JOIN listings l ON l.org_id = :org_id AND l.source_key = r.source_key
WHERE l.id IS NULL OR l.content_hash <> r.content_hash OR l.content_hash_version <> r.content_hash_version
  OR l.status <> 'live' OR l.branch_id IS DISTINCT FROM r.branch_id
""")

_RESTAMP = text(f"""
UPDATE listings l SET content_hash = i.content_hash, content_hash_version = i.content_hash_version
FROM incoming_changes i
WHERE l.org_id = :org_id AND l.source_key = i.source_key AND l.content_hash_version <> i.content_hash_version
  AND ({_OLD_CONTENT}) IS NOT DISTINCT FROM ({_NEW_CONTENT})
""")  # noqa: S608  (column names of the schema, no input)

# statement_timestamp(): under the lock, so that times rise in the order of the changes; now() is older than the lock.
_UPDATE = text(f"""
WITH changed AS (
  UPDATE listings l
  SET {_SET}, status = 'live', removed_at = NULL, updated_at = statement_timestamp()
  FROM incoming_changes i
  WHERE l.org_id = :org_id AND l.source_key = i.source_key AND (
    l.content_hash <> i.content_hash OR l.status <> 'live' OR l.branch_id IS DISTINCT FROM i.branch_id
  )
  RETURNING new.id, new.file_id, new.price_pkr, old.price_pkr AS old_price_pkr
), prices AS (
  INSERT INTO listing_prices (listing_id, price_pkr, observed_at, file_id)
  SELECT id, price_pkr, statement_timestamp(), file_id FROM changed WHERE price_pkr IS DISTINCT FROM old_price_pkr
), events AS (
  INSERT INTO outbox_events (topic, subject_id, kind) SELECT 'listing', id, 'updated' FROM changed
)
SELECT count(*) FROM changed
""")  # noqa: S608  (column names of the schema, no input)

_NOW = text("SELECT statement_timestamp()")
# The new rows are found again by the moment that they were given; it has an index, the file has none.
_FOLLOW_NEW = text("""
WITH made AS MATERIALIZED (
  SELECT id, price_pkr, file_id, created_at FROM listings
  WHERE updated_at = :moment AND created_at = :moment AND org_id = :org_id
), prices AS (
  INSERT INTO listing_prices (listing_id, price_pkr, observed_at, file_id)
  SELECT id, price_pkr, created_at, file_id FROM made
), events AS (
  INSERT INTO outbox_events (topic, subject_id, kind) SELECT 'listing', id, 'created' FROM made
)
SELECT count(*) FROM made
""")

_LIVE = """
FROM listings l JOIN feed_files f ON f.id = l.file_id
WHERE l.org_id = :org_id AND l.status = 'live' AND f.mapping = :mapping
"""
_NOT_STAGED = "NOT EXISTS (SELECT FROM incoming_rows i WHERE i.source_key = l.source_key)"
_KNOWN = "EXISTS (SELECT FROM incoming_keys k WHERE k.source_key = l.source_key)"
_SOLD = "EXISTS (SELECT FROM incoming_keys k WHERE k.source_key = l.source_key AND k.sold)"
_COUNT_MISSING = text(
    f"SELECT count(*) AS live, count(*) FILTER (WHERE {_NOT_STAGED} AND NOT {_KNOWN}) AS missing {_LIVE}"
)


def _remove(condition: str) -> TextClause:
    return text(f"""
    WITH gone AS (SELECT l.id {_LIVE} AND {condition}), removed AS (
      UPDATE listings l SET status = 'removed', removed_at = statement_timestamp(), updated_at = statement_timestamp()
      FROM gone WHERE l.id = gone.id RETURNING l.id
    ), events AS (
      INSERT INTO outbox_events (topic, subject_id, kind) SELECT 'listing', id, 'removed' FROM removed
    ), records AS (
      INSERT INTO listing_removals (file_id, listing_id, state) SELECT :file_id, id, 'removed' FROM removed
      ON CONFLICT (file_id, listing_id) DO UPDATE SET state = excluded.state, at = statement_timestamp()
    )
    SELECT count(*) FROM removed
    """)  # noqa: S608  (constants of this module, no input)


_REMOVE_MISSING = _remove(f"{_NOT_STAGED} AND NOT {_KNOWN}")
_REMOVE_SOLD = _remove(f"{_NOT_STAGED} AND {_SOLD}")

_HOLD_MISSING = text(f"""
INSERT INTO listing_removals (file_id, listing_id, state) SELECT :file_id, l.id, 'held' {_LIVE}
  AND {_NOT_STAGED} AND NOT {_KNOWN}
ON CONFLICT (file_id, listing_id) DO UPDATE SET state = excluded.state, at = statement_timestamp()
""")


@dataclass(frozen=True)
class LiveCount:
    """The live listings of an organisation that came through one mapping, and those of them that a file lacks."""

    live: int
    missing: int


class ListingRepository:
    """The listings of one organisation, written in bulk from staged rows.

    `stage` comes first; the other methods act on what it found.
    """

    def __init__(self, session: Session, org_id: UUID) -> None:
        self._session = session
        self._org_id = org_id
        self._scoped = {"org_id": org_id}
        self._new = self._changed = pl.DataFrame()
        self._unknown_branches = 0
        self._any_sold = False

    def lock(self) -> None:
        """Wait for any other import of this organisation to end, and keep others out until the transaction ends."""
        self._session.execute(_LOCK, {"org_id": str(self._org_id)})

    def stage(self, frame: pl.DataFrame, keys: pl.DataFrame) -> None:
        """Compare a file with the table, by temporary tables of this transaction that hold its keys and digests.

        `frame` holds the rows: canonical columns, `row_number`, stamps. `keys` (`source_key`, `sold`) are cars that
        the file names although they are not rows: rejected ones, and of those the sold ones. Only rows that are new
        or changed are sent whole, by `merge`: of most deliveries that is a hundredth.
        """
        rows = self._with_branches(frame)
        self._execute(*_STAGE)
        copy_frame(
            self._session,
            "incoming_rows",
            rows.select(
                pl.int_range(pl.len(), dtype=pl.Int32).alias("at"),
                "source_key", "branch_id", "content_hash", "content_hash_version",
            ),
        )  # fmt: skip
        copy_frame(self._session, "incoming_keys", keys)
        self._any_sold = bool(keys["sold"].any())
        self._execute(*_STAGED)
        different = self._session.execute(_COMPARE, self._scoped).all()
        new = [row.at for row in different if not row.known]
        self._new = rows if len(new) == rows.height else rows[new]
        self._changed = rows[[row.at for row in different if row.known]]

    def _with_branches(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`branch_id` for `branch_code`; rows of codes that the organisation does not have are counted."""
        branches = {row.code: row.id for row in self._session.execute(_BRANCHES, self._scoped)}
        branch_id = pl.col("branch_code").replace_strict(branches, default=None, return_dtype=pl.String)
        rows = frame.with_columns(branch_id.alias("branch_id"))
        self._unknown_branches = rows["branch_id"].null_count() - rows["branch_code"].null_count()
        return rows.drop("branch_code")

    def _execute(self, *statements: str) -> None:
        self._session.execute(text("; ".join(statements)))  # one journey: of small files it is most of the time

    def count_missing(self, mapping: str) -> LiveCount:
        """How many live listings came through `mapping`, and how many of them the file does not name at all."""
        row = self._session.execute(_COUNT_MISSING, {"org_id": self._org_id, "mapping": mapping}).one()
        return LiveCount(live=row.live, missing=row.missing)

    def remove_missing(self, mapping: str, file_id: UUID) -> int:
        """Mark the missing listings (see `count_missing`) as removed by this file; how many there were."""
        return self._session.scalar(_REMOVE_MISSING, self._scope(mapping, file_id)) or 0

    def remove_sold(self, mapping: str, file_id: UUID) -> int:
        """Mark the live listings of `mapping` that the file calls sold as removed; how many there were."""
        if not self._any_sold:
            return 0  # most files say so of no car, and the question walks over the whole stock
        return self._session.scalar(_REMOVE_SOLD, self._scope(mapping, file_id)) or 0

    def hold_missing(self, mapping: str, file_id: UUID) -> None:
        """Keep the missing listings live, and note each of them for the person who will decide."""
        self._session.execute(_HOLD_MISSING, self._scope(mapping, file_id))

    def _scope(self, mapping: str, file_id: UUID) -> dict[str, object]:
        return {"org_id": self._org_id, "mapping": mapping, "file_id": file_id}

    def count_unknown_branches(self) -> int:
        """How many staged rows name a branch that the organisation does not have."""
        return self._unknown_branches

    def merge(self) -> tuple[int, int]:
        """Create and update listings from the staged rows, with price history and outbox; (created, updated)."""
        return (0 if self._new.is_empty() else self._create()), (0 if self._changed.is_empty() else self._update())

    def _create(self) -> int:
        """New cars go straight into the table: nobody else can make them meanwhile, the lock is held."""
        moment = self._session.scalar(_NOW)
        stamps = {name: pl.lit(str(moment)) for name in ("created_at", "updated_at")}
        copy_frame(self._session, "listings", self._new.with_columns(org_id=pl.lit(str(self._org_id)), **stamps))
        return self._session.scalar(_FOLLOW_NEW, self._scoped | {"moment": moment}) or 0

    def _update(self) -> int:
        self._execute(*_STAGE_CHANGED)
        copy_frame(self._session, "incoming_changes", self._changed)
        self._execute(*_STAGED_CHANGED)
        self._session.execute(_RESTAMP, self._scoped)
        return self._session.scalar(_UPDATE, self._scoped) or 0


def analyse(session: Session) -> None:
    """Renew the planner's statistics after many rows came in at once.

    The server does so by itself, but a minute late; until then every page of the API would scan all live rows.
    """
    session.execute(text("ANALYZE listings"))

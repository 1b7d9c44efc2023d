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
_SET = ", ".join(f"{name} = i.{name}" for name in [*_CONTENT, *_STAMPS])
_INSERTED = ", ".join(["source_key", *_CONTENT, *_STAMPS])
_INSERTED_VALUES = ", ".join(f"i.{name}" for name in ["source_key", *_CONTENT, *_STAMPS])

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('listings of ' || :org_id, 0))")

# Types follow the table. ON COMMIT DROP covers a killed import, DROP IF EXISTS a second file of one transaction.
# The indexes are not for speed but against disaster: the statistics of `listings` are stale while a dealer's first
# file is the bulk of it, the planner then thinks of a nested loop, and without an index that one is quadratic.
_STAGE = (
    "DROP TABLE IF EXISTS pg_temp.incoming_listings, pg_temp.incoming_keys",
    f"CREATE TEMP TABLE incoming_listings ON COMMIT DROP AS SELECT {_INSERTED}, '' AS branch_code FROM listings"  # noqa: S608  (column names of the schema, no input)
    " WITH NO DATA",
    "CREATE TEMP TABLE incoming_keys (source_key text PRIMARY KEY, sold boolean NOT NULL) ON COMMIT DROP",
)
_STAGED = (
    "CREATE UNIQUE INDEX ON incoming_listings (source_key)",
    "ANALYZE incoming_listings, incoming_keys",
)

_RESTAMP = text(f"""
UPDATE listings l SET content_hash = i.content_hash, content_hash_version = i.content_hash_version
FROM incoming_listings i
WHERE l.org_id = :org_id AND l.source_key = i.source_key AND l.content_hash_version <> i.content_hash_version
  AND ({_OLD_CONTENT}) IS NOT DISTINCT FROM ({_NEW_CONTENT})
""")  # noqa: S608  (column names of the schema, no input)

# statement_timestamp(): under the lock, so that times rise in the order of the changes; now() is older than the lock.
_MERGE = text(f"""
WITH merged AS (
  MERGE INTO listings l
  USING (
    SELECT i.*, b.id AS branch_id
    FROM incoming_listings i LEFT JOIN branches b ON b.org_id = :org_id AND b.code = i.branch_code
  ) i ON l.org_id = :org_id AND l.source_key = i.source_key
  WHEN MATCHED AND (
    l.content_hash <> i.content_hash OR l.status <> 'live' OR l.branch_id IS DISTINCT FROM i.branch_id
  ) THEN UPDATE SET {_SET}, branch_id = i.branch_id, status = 'live', removed_at = NULL,
    updated_at = statement_timestamp()
  WHEN NOT MATCHED THEN INSERT (org_id, branch_id, created_at, updated_at, {_INSERTED})
    VALUES (:org_id, i.branch_id, statement_timestamp(), statement_timestamp(), {_INSERTED_VALUES})
  RETURNING merge_action() AS action, new.id, new.file_id, new.price_pkr, old.price_pkr AS old_price_pkr
), prices AS (
  INSERT INTO listing_prices (listing_id, price_pkr, observed_at, file_id)
  SELECT id, price_pkr, statement_timestamp(), file_id FROM merged
  WHERE action = 'INSERT' OR price_pkr IS DISTINCT FROM old_price_pkr
), events AS (
  INSERT INTO outbox_events (topic, subject_id, kind)
  SELECT 'listing', id, CASE action WHEN 'INSERT' THEN 'created' ELSE 'updated' END FROM merged
)
SELECT count(*) FILTER (WHERE action = 'INSERT') AS created, count(*) FILTER (WHERE action = 'UPDATE') AS updated
FROM merged
""")  # noqa: S608  (column names of the schema, no input)

_LIVE = """
FROM listings l JOIN feed_files f ON f.id = l.file_id
WHERE l.org_id = :org_id AND l.status = 'live' AND f.mapping = :mapping
"""
_NOT_STAGED = "NOT EXISTS (SELECT FROM incoming_listings i WHERE i.source_key = l.source_key)"
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
    )
    SELECT count(*) FROM removed
    """)  # noqa: S608  (constants of this module, no input)


_REMOVE_MISSING = _remove(f"{_NOT_STAGED} AND NOT {_KNOWN}")
_REMOVE_SOLD = _remove(f"{_NOT_STAGED} AND {_SOLD}")

_UNKNOWN_BRANCHES = text("""
SELECT count(*) FROM incoming_listings i
WHERE i.branch_code IS NOT NULL
  AND NOT EXISTS (SELECT FROM branches b WHERE b.org_id = :org_id AND b.code = i.branch_code)
""")


@dataclass(frozen=True)
class LiveCount:
    """The live listings of an organisation that came through one mapping, and those of them that a file lacks."""

    live: int
    missing: int


class ListingRepository:
    """The listings of one organisation, written in bulk from staged rows.

    `stage` comes first; the other methods compare the staged rows with the table.
    """

    def __init__(self, session: Session, org_id: UUID) -> None:
        self._session = session
        self._org_id = org_id

    def lock(self) -> None:
        """Wait for any other import of this organisation to end, and keep others out until the transaction ends."""
        self._session.execute(_LOCK, {"org_id": str(self._org_id)})

    def stage(self, frame: pl.DataFrame, keys: pl.DataFrame) -> None:
        """Copy a file to temporary tables of this transaction.

        `frame` holds the rows: canonical columns, `row_number`, stamps. `keys` (`source_key`, `sold`) are cars that
        the file names although they are not rows: rejected ones, and of those the sold ones.
        """
        for statement in _STAGE:
            self._session.execute(text(statement))
        copy_frame(self._session, "incoming_listings", frame)
        copy_frame(self._session, "incoming_keys", keys)
        for statement in _STAGED:
            self._session.execute(text(statement))

    def count_missing(self, mapping: str) -> LiveCount:
        """How many live listings came through `mapping`, and how many of them the file does not name at all."""
        row = self._session.execute(_COUNT_MISSING, {"org_id": self._org_id, "mapping": mapping}).one()
        return LiveCount(live=row.live, missing=row.missing)

    def remove_missing(self, mapping: str) -> int:
        """Mark the missing listings (see `count_missing`) as removed; how many there were."""
        return self._session.scalar(_REMOVE_MISSING, {"org_id": self._org_id, "mapping": mapping}) or 0

    def remove_sold(self, mapping: str) -> int:
        """Mark the live listings of `mapping` that the file calls sold as removed; how many there were."""
        return self._session.scalar(_REMOVE_SOLD, {"org_id": self._org_id, "mapping": mapping}) or 0

    def count_unknown_branches(self) -> int:
        """How many staged rows name a branch that the organisation does not have."""
        return self._session.scalar(_UNKNOWN_BRANCHES, {"org_id": self._org_id}) or 0

    def merge(self) -> tuple[int, int]:
        """Create and update listings from the staged rows, with price history and outbox; (created, updated)."""
        self._session.execute(_RESTAMP, {"org_id": self._org_id})
        row = self._session.execute(_MERGE, {"org_id": self._org_id}).one()
        return row.created, row.updated


def analyse(session: Session) -> None:
    """Renew the planner's statistics after many rows came in at once.

    The server does so by itself, but a minute late; until then every page of the API would scan all live rows.
    """
    session.execute(text("ANALYZE listings"))

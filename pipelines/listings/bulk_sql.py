"""The SQL of an import: temporary tables of the rows that files bring, and the statements that apply them.

A statement is about all files of an import at once, at most one of each organisation. The tables: `incoming_files`;
`incoming_rows`, rows by key and digest; `incoming_keys`, cars that a file names although they are not rows, and
whether it calls them sold; `incoming_left`, the live listings that no row shows as they are, where digests were
compared in Polars; `incoming_changes`, whole rows for listings that change.
"""

from sqlalchemy import TextClause, text

from core.listing_frame import LISTING_SCHEMA
from core.states.listings import feed_moves_sql
from core.vocabulary import ListingStatus

_CONTENT = [name for name in LISTING_SCHEMA if name not in ("source_key", "branch_code")]
_STAMPS = ["content_hash", "content_hash_version", "file_id", "row_number"]
_OLD_CONTENT = ", ".join(f"l.{name}" for name in _CONTENT)
_NEW_CONTENT = ", ".join(f"i.{name}" for name in _CONTENT)
_ROW = ["source_key", *_CONTENT, *_STAMPS, "branch_id"]
_EDITABLE = [*_CONTENT, "branch_id"]
# A column that a person set stays as it is while the feed says what it said then; bulk_writer knows nothing of it.
_MERGED = (
    "CASE WHEN l.origin IS NULL THEN i.{0}"
    " WHEN l.origin -> '{0}' -> 'feed' = coalesce(to_jsonb(i.{0}), 'null') THEN l.{0} ELSE i.{0} END"
)
_SET = ", ".join(
    [f"{name} = {_MERGED.format(name)}" for name in _EDITABLE] + [f"{name} = i.{name}" for name in _STAMPS]
)
_ORIGIN = """
CASE WHEN l.origin IS NOT NULL THEN (
  SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(l.origin) e WHERE e.value -> 'feed' = to_jsonb(i) -> e.key
) END
"""
FEED_BRANCH = "CASE WHEN l.origin ? 'branch_id' THEN (l.origin -> 'branch_id' ->> 'feed')::uuid ELSE l.branch_id END"
"""The branch that the feed last named, also where a person moved the car to another."""
_FEED_CONTENT = f"""
CASE WHEN l.origin IS NULL THEN ({_OLD_CONTENT}) IS NOT DISTINCT FROM ({_NEW_CONTENT}) ELSE
  ({", ".join(f"coalesce(l.origin -> '{name}' -> 'feed', to_jsonb(l.{name}), 'null')" for name in _CONTENT)})
  = ({", ".join(f"coalesce(to_jsonb(i.{name}), 'null')" for name in _CONTENT)}) END
"""
_COMES_BACK = feed_moves_sql(ListingStatus.LIVE)
ROW_COLUMNS = ["org_id", *_ROW]

_LOCK_KEY = "hashtextextended('listings of ' || id, 0)"
# In the order of the ids, so that two imports of several organisations never wait for each other.
LOCK = text(f"""
SELECT pg_advisory_xact_lock({_LOCK_KEY})
FROM unnest(CAST(:org_ids AS text[])) WITH ORDINALITY AS o (id, at) ORDER BY at
""")  # noqa: S608  (a constant of this module, no input)
LOCK_FREE = text(f"""
SELECT id FROM unnest(CAST(:org_ids AS text[])) AS o (id) WHERE pg_try_advisory_xact_lock({_LOCK_KEY})
""")  # noqa: S608  (a constant of this module, no input)

# Types follow the table. ON COMMIT DROP covers a killed import, DROP IF EXISTS a second one of one transaction.
# The indexes are not for speed but against disaster: the statistics of `listings` are stale while a dealer's first
# file is the bulk of it, the planner then thinks of a nested loop, and without an index that one is quadratic.
# A page costs as much wherever it is: with the usual costs, or before the server has looked at a large first file, the
# planner read all listings once for each statement to find the few that change.
CREATE_TABLES = """
SET LOCAL random_page_cost = 1;
DROP TABLE IF EXISTS pg_temp.incoming_files, pg_temp.incoming_rows, pg_temp.incoming_keys, pg_temp.incoming_left;
CREATE TEMP TABLE incoming_files (at integer PRIMARY KEY, file_id uuid NOT NULL, org_id uuid NOT NULL,
  mapping text NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE incoming_rows (at integer NOT NULL, org_id uuid NOT NULL, source_key text NOT NULL, branch_id uuid,
  content_hash bytea NOT NULL, content_hash_version smallint NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE incoming_keys (org_id uuid NOT NULL, source_key text NOT NULL, sold boolean NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE incoming_left (id uuid NOT NULL) ON COMMIT DROP
"""
INDEX_TABLES = """
CREATE UNIQUE INDEX ON incoming_rows (org_id, source_key);
CREATE UNIQUE INDEX ON incoming_keys (org_id, source_key);
ANALYZE incoming_rows, incoming_keys, incoming_left
"""
CREATE_CHANGES = f"""
DROP TABLE IF EXISTS pg_temp.incoming_changes;
CREATE TEMP TABLE incoming_changes ON COMMIT DROP AS SELECT {", ".join(ROW_COLUMNS)} FROM listings WITH NO DATA
"""  # noqa: S608  (column names of the schema, no input)
INDEX_CHANGES = "CREATE UNIQUE INDEX ON incoming_changes (org_id, source_key); ANALYZE incoming_changes (source_key)"

BRANCHES = text("SELECT org_id::text, code, id::text FROM branches WHERE org_id = ANY(:org_ids)")
HAVE_ANY = text("""
SELECT EXISTS (SELECT FROM listings WHERE org_id = ANY(:org_ids)) AS listings,
  EXISTS (SELECT FROM listing_chassis WHERE org_id = ANY(:org_ids)) AS chassis
""")

# New cars, and known ones whose row differs from the table (an older version of the digest cannot be compared).
COMPARE = text(f"""
SELECT r.at, l.id IS NOT NULL AS known
FROM incoming_rows r LEFT JOIN listings l ON l.org_id = r.org_id AND l.source_key = r.source_key
WHERE l.id IS NULL OR l.content_hash <> r.content_hash OR l.content_hash_version <> r.content_hash_version
  OR {_COMES_BACK} OR {FEED_BRANCH} IS DISTINCT FROM r.branch_id
""")  # noqa: S608  (names of columns and states, no input)

# Rows that differ by the version of the digest alone; where `chassis` is true, also those that may differ by a chassis
# number, which is no part of the offer.
RESTAMP = text(f"""
UPDATE listings l SET content_hash = i.content_hash, content_hash_version = i.content_hash_version
FROM incoming_changes i
WHERE l.org_id = i.org_id AND l.source_key = i.source_key
  AND (:chassis OR l.content_hash_version <> i.content_hash_version)
  AND {_FEED_CONTENT}
""")  # noqa: S608  (column names of the schema, no input)

# The table's trigger would do so row by row, which costs more; after this it finds them there.
KEEP_FIRST_PRICES = text(f"""
INSERT INTO listing_prices (listing_id, price_pkr, observed_at, source, file_id)
SELECT l.id, l.price_pkr, l.created_at, l.source, l.file_id
FROM incoming_changes i JOIN listings l ON l.org_id = i.org_id AND l.source_key = i.source_key
WHERE (l.price_pkr IS DISTINCT FROM {_MERGED.format("price_pkr")} OR l.source <> 'feed')
  AND NOT EXISTS (SELECT FROM listing_prices p WHERE p.listing_id = l.id)
""")  # noqa: S608  (column names of the schema, no input)

# statement_timestamp(): under the lock, so that times rise in the order of the changes; now() is older than the lock.
UPDATE = text(f"""
WITH changed AS (
  UPDATE listings l
  SET {_SET}, origin = {_ORIGIN}, source = 'feed', updated_at = statement_timestamp(),
    status = CASE WHEN {_COMES_BACK} THEN '{ListingStatus.LIVE}' ELSE l.status END,
    removed_at = CASE WHEN {_COMES_BACK} THEN NULL ELSE l.removed_at END
  FROM incoming_changes i
  WHERE l.org_id = i.org_id AND l.source_key = i.source_key AND (
    l.content_hash <> i.content_hash OR {_COMES_BACK} OR {FEED_BRANCH} IS DISTINCT FROM i.branch_id
  )
  RETURNING new.id, new.file_id, new.price_pkr, old.price_pkr AS old_price_pkr
), prices AS (
  INSERT INTO listing_prices (listing_id, price_pkr, observed_at, file_id)
  SELECT id, price_pkr, statement_timestamp(), file_id FROM changed WHERE price_pkr IS DISTINCT FROM old_price_pkr
)
SELECT t.at, count(*) FROM changed JOIN incoming_files t USING (file_id) GROUP BY t.at
""")  # noqa: S608  (column names of the schema, no input)

NOW = text("SELECT statement_timestamp()")

# By whether they are looked for in incoming_left alone, by id: else a file that lacks ten cars walks over all of them.
# OFFSET keeps the planner from turning the two around.
_LISTINGS = {
    False: "listings l",
    True: "incoming_left n CROSS JOIN LATERAL (SELECT * FROM listings WHERE id = n.id OFFSET 0) l",
}
_LIVE = f"""
JOIN incoming_files t ON t.org_id = l.org_id JOIN feed_files f ON f.id = l.file_id
WHERE {feed_moves_sql(ListingStatus.WITHDRAWN)} AND f.mapping = t.mapping AND t.at = ANY(:files)
"""
_NOT_A_ROW = "NOT EXISTS (SELECT FROM incoming_rows i WHERE i.org_id = l.org_id AND i.source_key = l.source_key)"
_NAMED = "SELECT FROM incoming_keys k WHERE k.org_id = l.org_id AND k.source_key = l.source_key"
_MISSING = f"{_NOT_A_ROW} AND NOT EXISTS ({_NAMED})"
Narrowed = dict[bool, TextClause]
"""A statement about all live listings of the files' dealers, and by True about those in `incoming_left` alone."""
COUNT_MISSING: Narrowed = {
    narrowed: text(f"""
    SELECT t.at, count(*) AS live, count(*) FILTER (WHERE {_MISSING}) AS missing FROM {listings} {_LIVE} GROUP BY t.at
    """)  # noqa: S608  (constants of this module, no input)
    for narrowed, listings in _LISTINGS.items()
}


def _remove(condition: str, listings: str) -> TextClause:
    return text(f"""
    WITH gone AS (SELECT l.id, t.at, t.file_id FROM {listings} {_LIVE} AND {condition}), removed AS (
      UPDATE listings l SET status = '{ListingStatus.WITHDRAWN}', removed_at = statement_timestamp(),
        updated_at = statement_timestamp()
      FROM gone WHERE l.id = gone.id RETURNING l.id, gone.at, gone.file_id
    ), records AS (
      INSERT INTO listing_removals (file_id, listing_id, state) SELECT file_id, id, 'removed' FROM removed
      ON CONFLICT (file_id, listing_id) DO UPDATE SET state = excluded.state, at = statement_timestamp()
    )
    SELECT at, count(*) FROM removed GROUP BY at
    """)  # noqa: S608  (constants of this module, no input)


_SOLD = f"{_NOT_A_ROW} AND EXISTS ({_NAMED} AND k.sold)"
REMOVE_MISSING: Narrowed = {narrowed: _remove(_MISSING, listings) for narrowed, listings in _LISTINGS.items()}
REMOVE_SOLD: Narrowed = {narrowed: _remove(_SOLD, listings) for narrowed, listings in _LISTINGS.items()}

HOLD_MISSING: Narrowed = {
    narrowed: text(f"""
    INSERT INTO listing_removals (file_id, listing_id, state)
    SELECT t.file_id, l.id, 'held' FROM {listings} {_LIVE} AND {_MISSING}
    ON CONFLICT (file_id, listing_id) DO UPDATE SET state = excluded.state, at = statement_timestamp()
    """)  # noqa: S608  (constants of this module, no input)
    for narrowed, listings in _LISTINGS.items()
}

"""Find the rows of a file that the table holds already, by joining two columns of digests in Polars.

Sending all keys of a big file to the server, indexing them and joining there costs several times as much as fetching
52 bytes for each live listing. A row is unchanged where a listing of the organisation has its content digest (which is
over the key too) and its branch, unless the feed had taken the car off the market and now brings it back.
"""

from uuid import UUID

import numpy as np
import polars as pl
from psycopg import Connection, sql
from sqlalchemy.orm import Session

from core.states.listings import feed_moves_sql
from core.vocabulary import ListingStatus
from pipelines.listings.bulk_sql import FEED_BRANCH
from pipelines.listings.content_hash import CONTENT_HASH_VERSION

_NONE = UUID(int=0)
# In pieces: one value would be too large, and a row for each listing costs three times as much to receive, also by
# COPY in binary form (measured: 4.8 against 1.5 us of processor time for each listing). By a column, since the planner
# knows that it has few values, and so gathers the pieces at once; by an expression it sorted all rows first.
_LIVE = sql.SQL("""
SELECT string_agg(
  uuid_send(l.id) || CASE WHEN l.content_hash_version = {version} THEN l.content_hash ELSE uuid_send({none}) END
  || uuid_send(coalesce({branch}, {none}))
  || int4send(t.at * 2 + (f.mapping = t.mapping AND {withdrawable})::int), ''::bytea)
FROM incoming_files t JOIN listings l ON l.org_id = t.org_id JOIN feed_files f ON f.id = l.file_id
WHERE NOT {comes_back}
GROUP BY l.model_year
""").format(
    version=CONTENT_HASH_VERSION,
    none=sql.Literal(_NONE),
    branch=sql.SQL(FEED_BRANCH),
    withdrawable=sql.SQL(feed_moves_sql(ListingStatus.WITHDRAWN)),
    comes_back=sql.SQL(feed_moves_sql(ListingStatus.LIVE)),
)
_ENTRY = np.dtype([("id", "<u8", 2), ("hash", "<u8", 2), ("branch", "<u8", 2), ("whose", ">i4")])
_JOINED_AT_ONCE = 1_000_000
"""Rows: a join holds both sides thrice, which at millions of rows is most of an import's memory."""
_ON = ["file", "h1", "h2", "b1", "b2"]


def live_listings(session: Session) -> pl.DataFrame:
    """Fetch the listings of the organisations in `incoming_files`, but those that their feed took off the market.

    The columns: the halves `i1` and `i2` of the id (`ids_of`), `file` (position of the file that is of this
    organisation), digest `h1`, `h2`, branch `b1`, `b2`, and `of_mapping` (whether the listing came through the mapping
    of that file, which may withdraw it).
    """
    connection: Connection = session.connection().connection.driver_connection  # type: ignore[assignment]  # psycopg
    with connection.cursor(binary=True) as cursor:  # piece by piece: together they are held thrice while they arrive
        pieces = [_entries(piece) for (piece,) in cursor.stream(_LIVE)]
    return pl.concat([_entries(b""), *pieces])


def _entries(data: bytes) -> pl.DataFrame:
    entries = np.frombuffer(data, _ENTRY)
    whose = entries["whose"].astype(np.int32)
    return pl.DataFrame(
        {
            "i1": entries["id"][:, 0], "i2": entries["id"][:, 1],
            "file": whose // 2,
            "h1": entries["hash"][:, 0], "h2": entries["hash"][:, 1],
            "b1": entries["branch"][:, 0], "b2": entries["branch"][:, 1],
            "of_mapping": whose % 2 == 1,
        }
    )  # fmt: skip


def ids_of(listings: pl.DataFrame) -> pl.Series:
    """Return the ids of `live_listings`, 16 bytes each."""
    halves = listings.select("i1", "i2").to_numpy(order="c").astype("<u8").tobytes()
    return pl.Series("id", [halves[at : at + 16] for at in range(0, len(halves), 16)], dtype=pl.Binary)


def without_unchanged(rows: pl.DataFrame, listings: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows that no listing equals, and the listings that no row equals; both in their order.

    `rows` has `file`, `content_hash` and `branch_id` (text or null).
    """
    hashes = {
        name: pl.col("content_hash").bin.slice(at, 8).bin.reinterpret(dtype=pl.UInt64, endianness="little")
        for name, at in (("h1", 0), ("h2", 8))
    }
    ids = rows["branch_id"].unique().drop_nulls().to_list()
    halves = np.frombuffer(b"".join(UUID(each).bytes for each in ids), "<u8").reshape(-1, 2)
    branch = {
        name: pl.col("branch_id").replace_strict(ids, halves[:, at].tolist(), default=0, return_dtype=pl.UInt64)
        for at, name in enumerate(("b1", "b2"))
    }
    wanted = rows.select("file", **hashes, **branch).with_row_index("at")
    held = listings.select(*_ON).with_row_index("at")
    missing, left = [pl.Series("at", [], pl.UInt32)], [pl.Series("at", [], pl.UInt32)]
    parts = 1 + max(wanted.height, held.height) // _JOINED_AT_ONCE
    for part in range(parts):
        of_part = pl.col("h1") % parts == part
        ours, theirs = wanted.filter(of_part), held.filter(of_part)
        missing.append(ours.join(theirs, on=_ON, how="anti")["at"])
        left.append(theirs.join(ours, on=_ON, how="anti")["at"])
    return rows[pl.concat(missing).sort()], listings[pl.concat(left).sort()]

"""Digest all that an import leaves behind, without ids and times, and check states that must never occur."""

from hashlib import sha256

import psycopg

_STATE = {
    "listings": """
        SELECT o.code, l.source_key, l.status, encode(l.content_hash, 'hex'), l.price_pkr, f.name, l.row_number,
          l.removed_at IS NULL
        FROM listings l JOIN orgs o ON o.id = l.org_id JOIN feed_files f ON f.id = l.file_id""",
    "prices": """
        SELECT o.code, l.source_key, p.price_pkr, f.name,
          row_number() OVER (PARTITION BY l.id ORDER BY p.observed_at, p.id)
        FROM listing_price_history p JOIN listings l ON l.id = p.listing_id JOIN orgs o ON o.id = l.org_id
        JOIN feed_files f ON f.id = p.file_id""",
    "files": """
        SELECT o.code, f.name, f.digest, f.snapshot_at, f.status, f.rows_read, f.rows_created, f.rows_updated,
          f.rows_unchanged, f.rows_rejected, f.rows_removed, f.removals_held, f.reasons::text
        FROM feed_files f JOIN orgs o ON o.id = f.org_id""",
    "rejects": "SELECT f.org_id IS NULL, f.name, f.digest, r.row_number, r.code FROM feed_rejects r JOIN feed_files f"
    " ON f.id = r.file_id",
    "removals": """
        SELECT o.code, f.name, l.source_key, r.state FROM listing_removals r
        JOIN feed_files f ON f.id = r.file_id JOIN listings l ON l.id = r.listing_id JOIN orgs o ON o.id = l.org_id""",
    "outbox": """
        SELECT o.code, l.source_key, e.kind, e.sequence, e.payload::text
        FROM outbox_changes e JOIN listings l ON l.id = e.subject_id JOIN orgs o ON o.id = l.org_id""",
}

_NEVER = {
    "a car twice": "SELECT 1 FROM listings GROUP BY org_id, source_key HAVING count(*) > 1",
    "a car without its event": "SELECT 1 FROM listings l WHERE NOT EXISTS"
    " (SELECT FROM outbox_changes e WHERE e.subject_id = l.id AND e.kind = 'created')",
    "a decided file of which nothing is told": "SELECT 1 FROM feed_files f WHERE f.status IN ('applied', 'refused',"
    " 'stale') AND NOT EXISTS (SELECT FROM outbox_changes e WHERE e.subject_id = f.id AND e.kind = f.status)",
    "an event of no car": "SELECT 1 FROM outbox_changes e"
    " WHERE topic <> 'feed' AND NOT EXISTS (SELECT FROM listings WHERE id = subject_id)",
    "a removal without its event": "SELECT 1 FROM listings l WHERE l.status = 'withdrawn' AND NOT EXISTS"
    " (SELECT FROM outbox_changes e WHERE e.subject_id = l.id AND e.kind = 'removed')",
    "a price that is not the last": "SELECT 1 FROM listings l WHERE l.price_pkr IS DISTINCT FROM (SELECT p.price_pkr"
    " FROM listing_price_history p WHERE p.listing_id = l.id ORDER BY p.observed_at DESC, p.id DESC LIMIT 1)",
    "counts that do not add up": "SELECT 1 FROM feed_files f WHERE f.status = 'applied' AND (f.rows_created"
    " + f.rows_updated + f.rows_unchanged + f.rows_rejected <> f.rows_read OR f.rows_rejected <>"
    " (SELECT count(*) FROM feed_rejects r WHERE r.file_id = f.id))",
    "rejects of an undecided file": "SELECT 1 FROM feed_rejects r JOIN feed_files f ON f.id = r.file_id"
    " WHERE f.status = 'registered'",
}


def digests(url: str) -> dict[str, str]:
    """Rows and digest, by what they are about."""
    with psycopg.connect(url) as connection:
        found = {name: sorted(repr(row) for row in connection.execute(query)) for name, query in _STATE.items()}
    return {name: f"{len(rows)} {sha256(chr(10).join(rows).encode()).hexdigest()[:16]}" for name, rows in found.items()}


def broken(url: str) -> list[str]:
    """The rules of `_NEVER` that do not hold at this moment; asked after every kill."""
    with psycopg.connect(url) as connection:
        return [name for name, query in _NEVER.items() if connection.execute(f"{query} LIMIT 1").fetchone()]


def pending(url: str) -> int:
    """Files that nobody has decided."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM feed_files WHERE status = 'registered'").fetchone()
    return int(row[0]) if row else 0

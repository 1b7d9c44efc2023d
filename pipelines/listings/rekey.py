"""Give listings the stock numbers under which a changed mapping names their cars: the listing stays, its key changes.

In the caller's transaction, under the organisation's lock (`lock_listings`).
"""

from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.tables import FeedFile

PAIRS: Final = pl.Schema({"old_key": pl.String(), "new_key": pl.String(), "row_number": pl.Int32()})
"""The key that a listing has and the one that it gets, each of them once, and the row of the file that names both."""

_HOLDERS = text("""
SELECT l.source_key, l.id::text, l.source = 'feed' AND f.mapping = :mapping AS of_mapping
FROM listings l LEFT JOIN feed_files f ON f.id = l.file_id WHERE l.org_id = :org_id AND l.source_key = ANY(:keys)
""")
# Keys are unique at every moment: where cars exchange theirs, these stand aside first.
_SET_ASIDE = text("UPDATE listings SET source_key = 'rekeyed ' || id WHERE id = ANY(CAST(:ids AS uuid[]))")
_REKEY = text("""
UPDATE listings l SET source_key = g.key, file_id = :file_id, row_number = g.row_number
FROM unnest(CAST(:ids AS uuid[]), CAST(:keys AS text[]), CAST(:rows AS integer[])) AS g (id, key, row_number)
WHERE l.id = g.id
""")


@dataclass(frozen=True)
class Rekeyed:
    """The pairs of keys that were changed, and the old keys that stay because another listing has the new one."""

    changed: pl.DataFrame
    doubles: frozenset[str]


def rekey_listings(session: Session, file: FeedFile, pairs: pl.DataFrame) -> Rekeyed:
    """Change the keys of those listings of the file's mapping that have an old key of the pairs (PAIRS)."""
    keys = sorted({*pairs["old_key"], *pairs["new_key"]})
    found = session.execute(_HOLDERS, {"org_id": file.org_id, "mapping": file.mapping, "keys": keys}).all()
    ids = {row.source_key: row.id for row in found}
    ours = {row.source_key for row in found if row.of_mapping}
    wanted = {old: (new, row) for old, new, row in pairs.iter_rows() if old in ours}
    doubles = _blocked({old: new for old, (new, _) in wanted.items()}, set(ids))
    moved = {old: to for old, to in wanted.items() if old not in doubles}
    crossing = [ids[new] for new, _ in moved.values() if new in ids]
    if crossing:
        session.execute(_SET_ASIDE, {"ids": crossing})
    if moved:
        given = {"ids": [ids[old] for old in moved], "keys": [new for new, _ in moved.values()]}
        session.execute(_REKEY, given | {"rows": [row for _, row in moved.values()], "file_id": file.id})
    changed = pl.DataFrame([(old, *to) for old, to in moved.items()], schema=PAIRS, orient="row")
    return Rekeyed(changed, frozenset(doubles))


def _blocked(wanted: dict[str, str], taken: set[str]) -> set[str]:
    """Select the old keys whose new one is taken by a listing that keeps it, since it is blocked too or not asked."""
    blocked: set[str] = set()
    waiting_for = {new: old for old, new in wanted.items()}
    kept = [key for key in taken if key not in wanted]
    while kept:
        old = waiting_for.get(kept.pop())
        if old is not None and old not in blocked:
            blocked.add(old)
            kept.append(old)
    return blocked

"""Share pending files between runs that take them at the same time: dealers whose files another run imports come last.

Imports of one dealer take turns by a lock. Without this, two runs would walk along the same list and wait for each
other at every file.
"""

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.db.tables import FeedFile

# The key of `pipelines.listings.bulk_sql.LOCK`. The locks that were free are given back at once.
_FREE = text("""
SELECT id FROM unnest(CAST(:org_ids AS uuid[])) AS o (id)
WHERE pg_try_advisory_xact_lock(hashtextextended('listings of ' || id, 0))
""")


def all_idle(sessions: SessionFactory, org_ids: Collection[UUID]) -> bool:
    """Tell whether no import of any of these organisations is under way."""
    with transaction(sessions) as session:
        return len(session.scalars(_FREE, {"org_ids": list(org_ids)}).all()) == len(org_ids)


def idle_first(sessions: SessionFactory, files: Sequence[FeedFile]) -> Iterator[FeedFile]:
    """Yield the files, each dealer's in their order; those of dealers that another run has locked come at the end."""
    waiting: list[FeedFile] = []
    dealers: set[UUID] = set()
    for file in files:
        if file.org_id in dealers or not all_idle(sessions, [file.org_id]):
            waiting.append(file)
            dealers.add(file.org_id)
        else:
            yield file
    yield from waiting

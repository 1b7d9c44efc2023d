"""Share pending files between runs that take them at the same time: dealers whose files another run imports come last.

Imports of one dealer take turns by a lock. Without this, two runs would walk along the same list and wait for each
other at every file.
"""

from collections.abc import Collection, Container, Iterator, Sequence
from uuid import UUID

from core.db.session import SessionFactory, transaction
from core.db.tables import FeedFile
from pipelines.listings.bulk_writer import lock_free_listings


def all_idle(sessions: SessionFactory, org_ids: Collection[UUID]) -> bool:
    """Tell whether no import of any of these organisations is under way."""
    with transaction(sessions) as session:  # which gives the locks back at once
        return lock_free_listings(session, org_ids) == len(org_ids)


def idle_first(
    sessions: SessionFactory, files: Sequence[FeedFile], decided: Container[UUID] = ()
) -> Iterator[FeedFile]:
    """Yield the files, each dealer's in their order; those of dealers that another run has locked come at the end.

    Files that are `decided` wait for no lock, so none is asked for.
    """
    waiting: list[FeedFile] = []
    dealers: set[UUID] = set()
    for file in files:
        if file.id in decided or (file.org_id not in dealers and all_idle(sessions, [file.org_id])):
            yield file
        else:
            waiting.append(file)
            dealers.add(file.org_id)
    yield from waiting

"""Show what became of a dealer's file: its rejected rows, and the cars that it took off or that were kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.db.tables import FeedReject
from serving.feeds.report.words import fix_in
from serving.feeds.service import get_feed_file

_REMOVALS = text("""
SELECT l.id AS listing_id, l.source_key, l.title, l.status AS listing_status, r.state, r.at
FROM listing_removals r JOIN listings l ON l.id = r.listing_id
WHERE r.file_id = :file_id AND (CAST(:after AS uuid) IS NULL OR l.id > :after) AND (r.state = 'held' OR NOT :waiting)
ORDER BY l.id LIMIT :limit
""")


@dataclass(frozen=True)
class Page:
    """The beginning of a page of rows, and their number; or only of rows and cars that wait for the dealer."""

    cursor: UUID | None = None
    limit: int = 100
    waiting: bool = False
    """Rows to correct, without those that are as they should be (`info`); cars that are held."""


@dataclass(frozen=True)
class RejectedRow:
    """A row that did not become a listing, and what to do about it."""

    reject: FeedReject
    fix: str


def list_rejects(
    session: Session, principal: Principal, dealer: str, file_id: UUID, page: Page
) -> tuple[list[RejectedRow], UUID | None]:
    """Return rejected rows of a file, in the file's order, and the cursor of the next page.

    Raises:
        ForbiddenError, UnknownOrgError, FeedFileNotFoundError: see `get_feed_file`.
    """
    file = get_feed_file(session, principal, dealer, file_id)
    query = select(FeedReject).where(FeedReject.file_id == file.id)
    if page.cursor is not None:
        query = query.where(FeedReject.id > page.cursor)
    if page.waiting:
        query = query.where(FeedReject.severity != "info")
    found = session.scalars(query.order_by(FeedReject.id).limit(page.limit + 1)).all()
    rows = [RejectedRow(each, fix_in(each.code, "en")) for each in found[: page.limit]]
    return rows, rows[-1].reject.id if len(found) > page.limit else None


def list_removals(
    session: Session, principal: Principal, dealer: str, file_id: UUID, page: Page
) -> tuple[Sequence[dict[str, object]], UUID | None]:
    """Return the cars that a file took off or would have taken off, and the cursor of the next page.

    Raises:
        ForbiddenError, UnknownOrgError, FeedFileNotFoundError: see `get_feed_file`.
    """
    file = get_feed_file(session, principal, dealer, file_id)
    given = {"file_id": file.id, "after": page.cursor, "limit": page.limit + 1, "waiting": page.waiting}
    found = [dict(row) for row in session.execute(_REMOVALS, given).mappings()]
    rows = found[: page.limit]
    return rows, rows[-1]["listing_id"] if len(found) > page.limit else None

"""Choose the request about a feed that is done next: a dealer's in their order, and no dealer keeps others waiting."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables.feed_requests import FeedRequest
from pipelines.listings.bulk_writer import lock_free_listings

MOST_ATTEMPTS: Final = 8
"""Attempts at a request while storage or the database does not answer, over some ten minutes."""
_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(minutes=5)


def next_request(session: Session) -> FeedRequest | None:
    """Take the oldest request that can be done now, or one whose bytes are no longer needed; nobody else gets it.

    Those about a dealer whose stock an import has locked wait, for minutes maybe, and those about others pass them; so
    do those behind one that was put off, which is bounded by MOST_ATTEMPTS.
    """
    now = utc_now()
    open_ones = (FeedRequest.state == "waiting") | FeedRequest.storage_key.is_not(None)
    heads = (
        select(FeedRequest.org_id)
        .where(open_ones, _is_due(now))
        .group_by(FeedRequest.org_id)
        .order_by(func.min(FeedRequest.created_at))
    )
    for org_id in session.scalars(heads).all():
        if lock_free_listings(session, [org_id]):
            found = _of_dealer(session, org_id, now)
            if found is not None:
                return found
    return None


def put_off(request: FeedRequest, now: datetime) -> None:
    """Count an attempt, and let the request wait twice as long as after the one before."""
    request.attempts = min(request.attempts + 1, 1_000)
    pause = _FIRST_PAUSE * 2 ** min(request.attempts - 1, 10)
    request.next_attempt_at = now + min(pause, _LONGEST_PAUSE)


def _of_dealer(session: Session, org_id: UUID, now: datetime) -> FeedRequest | None:
    """Return the oldest that waits, if it is due; else one whose bytes are to be deleted."""
    own = select(FeedRequest).where(FeedRequest.org_id == org_id).limit(1).with_for_update(skip_locked=True)
    waiting = own.where(FeedRequest.state == "waiting").order_by(FeedRequest.id)
    head = session.scalars(waiting).first()
    if head is not None and (head.next_attempt_at is None or head.next_attempt_at <= now):
        return head
    done = own.where(FeedRequest.state != "waiting", FeedRequest.storage_key.is_not(None))
    return session.scalars(done.where(_is_due(now)).order_by(FeedRequest.id)).first()


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(FeedRequest.next_attempt_at.is_(None), FeedRequest.next_attempt_at <= now)

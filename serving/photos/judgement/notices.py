"""Tell both dealers of contests about copied photos: the other one that it was opened, both how it was decided."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from core.db.session import Transaction
from core.db.tables import Listing, Org
from core.db.tables.people import MembershipBranch, OrgMembership, User
from core.db.tables.photo_pairs import PhotoContest
from core.db.tables.photos import ListingPhoto
from core.security.platform_keys import PlatformKeys
from serving.notifications.notifying import Notice, notify
from serving.photos.declarations import REPORT_COPIES

_log = logging.getLogger(__name__)
_OLDEST: Final = timedelta(days=7)
"""Older news is told to nobody: a loop that stood still for long would send it."""


def notify_of_contests(transaction: Transaction, keys: PlatformKeys, limit: int) -> bool:
    """Queue messages about contests that were opened or decided, and tell whether more may wait.

    Messages and the state that was told of are committed together. A contest that was decided before anybody was told
    of it is told of once.
    """
    query = select(PhotoContest).where(PhotoContest.told_state.is_distinct_from(PhotoContest.state))
    with transaction() as session:
        waiting = session.scalars(query.order_by(PhotoContest.id).limit(limit).with_for_update(skip_locked=True)).all()
        now = session.scalars(select(func.clock_timestamp())).one()
        for contest in waiting:
            if now - (contest.decided_at or contest.created_at) <= _OLDEST:
                _notify(session, keys, contest)
            contest.told_state = contest.state
    return len(waiting) == limit


def _notify(session: Session, keys: PlatformKeys, contest: PhotoContest) -> None:
    names = {org.id: org.name for org in session.scalars(select(Org).where(Org.id.in_(_orgs(contest))))}
    values = {"org": names[contest.org_id], "other": names[contest.other_org_id]}
    notice = Notice(f"photo_contest_{contest.state}", values)
    told = [(contest.other_org_id, contest.other_photo_id)]
    if contest.state != "open":
        told.append((contest.org_id, contest.photo_id))
    for org_id, photo_id in told:
        for person in session.scalars(select(User).where(_concerned(org_id, photo_id)).order_by(User.id)):
            sent = notify(session, keys, person, notice)
            _log.info("photo contest %s: %s is told by %d messages", contest.id, person.id, sent)


def _orgs(contest: PhotoContest) -> Sequence[UUID]:
    return contest.org_id, contest.other_org_id


def _concerned(org_id: UUID, photo_id: UUID) -> ColumnElement[bool]:
    """Return the condition of a dealer's people who read its report; of a private ad's photo, its seller alone."""
    seller = select(Listing.seller_id).join(ListingPhoto, ListingPhoto.listing_id == Listing.id)
    branches = select(MembershipBranch.membership_id).where(MembershipBranch.membership_id == OrgMembership.id)
    members = (
        select(OrgMembership.user_id)
        .join(Org, Org.id == OrgMembership.org_id)
        .where(OrgMembership.org_id == org_id, OrgMembership.role.in_(REPORT_COPIES.roles), ~branches.exists())
        .where(Org.kind != "marketplace", Org.blocked_at.is_(None))
    )
    return or_(User.id.in_(seller.where(ListingPhoto.id == photo_id)), User.id.in_(members))

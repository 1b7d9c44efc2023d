"""Tell private sellers that the terms of their ads end, once for each term, while they can still renew them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from sqlalchemy import and_, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.session import Transaction
from core.db.tables import Listing
from core.db.tables.listing_notes import ListingTermNotice
from core.db.tables.listings import EXPIRES
from core.db.tables.people import User
from core.security.platform_keys import PlatformKeys
from serving.notifications.notifying import Notice, notify

_log = logging.getLogger(__name__)
_TEMPLATE: Final = "ad_expires"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Term:
    """The time that a private ad stays on offer, and how long before its end the seller gets a notice."""

    lasts: timedelta
    told_before: timedelta


def warn_sellers(transaction: Transaction, keys: PlatformKeys, now: datetime, term: Term, limit: int) -> bool:
    """Queue messages about ads whose term ends soon, and tell whether more may wait; both are committed, or neither."""
    with transaction() as session:
        due = _due(session, now, term, limit)
        for listing in due:
            _notify(session, keys, listing, now, term)
    return len(due) == limit


def _due(session: Session, now: datetime, term: Term, limit: int) -> Sequence[Listing]:
    """Lock ads whose term ends soon and of which the seller was not told; a second process passes over them."""
    told = and_(ListingTermNotice.listing_id == Listing.id, ListingTermNotice.renewed_at == Listing.renewed_at)
    query = (
        select(Listing)
        .where(text(EXPIRES), Listing.renewed_at < now - (term.lasts - term.told_before))
        .where(Listing.renewed_at >= now - term.lasts, ~select(ListingTermNotice).where(told).exists())
        .order_by(Listing.renewed_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query).all()


def _notify(session: Session, keys: PlatformKeys, listing: Listing, now: datetime, term: Term) -> None:
    values = {"listing_id": listing.id, "renewed_at": listing.renewed_at}
    again = {"renewed_at": listing.renewed_at, "told_at": func.now()}
    session.execute(
        insert(ListingTermNotice).values(values).on_conflict_do_update(index_elements=["listing_id"], set_=again)
    )
    seller = session.get_one(User, listing.seller_id)
    if listing.renewed_at is None:
        return
    days = max(1, ceil((listing.renewed_at + term.lasts - now) / _DAY))
    if notify(session, keys, seller, Notice(_TEMPLATE, {"car": listing.title, "days": str(days)})) == 0:
        _log.info("listing %s: its seller has no contact to be told by, or does not want to be told", listing.id)

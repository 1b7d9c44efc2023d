"""Tell owners of saved searches of the cars that wait, when they are due: judged again, at most once an hour or a day.

Each search is told in one transaction, under its lock: the message, and what it told of, are kept together. During the
owner's quiet hours nothing is queued: the cars are judged when they end.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import Transaction
from core.db.tables.people import User
from core.db.tables.saved_searches import SavedSearch, SavedSearchMatch
from core.security.platform_keys import PlatformKeys
from pipelines.notifications.overtaken import take_overtaken
from pipelines.notifications.preferences import preferences_of
from pipelines.notifications.queue import Subject
from pipelines.notifications.verdicts import LONGEST_HOLD
from pipelines.search.alerts.following import UNCHANGED, changed_cars
from pipelines.search.alerts.matching import matching_pairs
from serving.notifications.notifying import Notice, notify
from serving.search.saved.audience import may_look

TOPIC: Final = "saved_search"
NAMED: Final = 3
"""Cars that a message names; the others are a number."""
_MOST_JUDGED: Final = 2_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Waiting:
    """A car that waits to be told of, as it is now."""

    match: SavedSearchMatch
    title: str
    price_pkr: int | None


def send_due_alerts(
    transaction: Transaction, keys: PlatformKeys, most: int = 50, clock: Callable[[], datetime] = utc_now
) -> int:
    """Send the alerts of at most `most` searches that are due, the longest due first; return their number."""
    with transaction() as session:
        for search_id, facts in take_overtaken(session, TOPIC, most):
            _take_back(session, search_id, datetime.fromisoformat(facts["at"]), clock())
    for number in range(most):
        with transaction() as session:
            now = clock()
            due = select(SavedSearch).where(SavedSearch.due_at <= now).order_by(SavedSearch.due_at, SavedSearch.id)
            search = session.scalars(due.limit(1).with_for_update(skip_locked=True)).first()
            if search is None:
                return number
            _notify(session, keys, search, now)
    return most


def _notify(session: Session, keys: PlatformKeys, search: SavedSearch, now: datetime) -> None:
    owner = session.get_one(User, search.user_id)
    chosen = preferences_of(session, owner.id)
    until = None if chosen.quiet is None else chosen.quiet.until(now)
    if until is not None:
        search.due_at = min(until, now + LONGEST_HOLD)
        return
    search.due_at = None
    waiting = _still_true(session, search, now)
    if waiting and search.frequency != "off" and chosen.of("saved_search"):
        sent = notify(session, keys, owner, _notice(search, waiting, now))
        _log.info("saved search %s: %d cars told by %d messages", search.id, len(waiting), sent)
        search.told_at = now
    for one in waiting:
        one.match.told_at, one.match.price_pkr = now, one.price_pkr
    session.flush()


def _still_true(session: Session, search: SavedSearch, now: datetime) -> list[_Waiting]:
    """Return the cars that wait and that the owner may still be told of; forget the others.

    A price that rose again was not told: what was told last is what a next fall is compared with.
    """
    pending = select(SavedSearchMatch).where(
        SavedSearchMatch.search_id == search.id, SavedSearchMatch.told_at.is_(None)
    )
    newest = pending.order_by(SavedSearchMatch.matched_at.desc(), SavedSearchMatch.listing_id)
    matches = session.scalars(newest.limit(_MOST_JUDGED)).all()
    if len(matches) == _MOST_JUDGED:
        search.due_at = now
    ids = [match.listing_id for match in matches] if may_look(session, search) else []
    cars = changed_cars(session, dict.fromkeys(ids, UNCHANGED))
    met = {listing_id for _, listing_id in matching_pairs(session, cars, search.id)}
    documents = {car.document.id: car.document for car in cars if car.document.id in met}
    found, gone = [], []
    for match in matches:
        car = documents.get(match.listing_id)
        if car is not None and (match.kind != "price_drop" or _is_lower(car.price_pkr, match.was_pkr)):
            found.append(_Waiting(match, car.title, car.price_pkr))
        elif match.kind != "price_drop":
            gone.append(match.listing_id)
        else:
            match.told_at, match.price_pkr = now, match.was_pkr
    these = SavedSearchMatch.search_id == search.id, SavedSearchMatch.listing_id.in_(gone)
    session.execute(delete(SavedSearchMatch).where(*these))
    return found


def _is_lower(price: int | None, before: int | None) -> bool:
    return price is not None and before is not None and price < before


def _notice(search: SavedSearch, waiting: Sequence[_Waiting], now: datetime) -> Notice:
    kinds = Counter(one.match.kind for one in waiting)
    named = waiting[:NAMED]
    cars = "; ".join(one.title if one.price_pkr is None else f"{one.title}, PKR {one.price_pkr:,}" for one in named)
    values = {"name": search.name, "cars": cars}
    values |= {"new": str(kinds["new"]), "fits": str(kinds["now_matches"]), "cheaper": str(kinds["price_drop"])}
    facts = {"at": now.isoformat(), "cars": {str(one.match.listing_id): one.price_pkr for one in named}}
    return Notice("saved_search", values, Subject(TOPIC, search.id, facts))


def _take_back(session: Session, search_id: UUID, told_at: datetime, now: datetime) -> None:
    """Let cars wait again that a message told of which was dropped."""
    told = SavedSearchMatch.search_id == search_id, SavedSearchMatch.told_at == told_at
    taken = session.scalars(
        update(SavedSearchMatch).where(*told).values(told_at=None).returning(SavedSearchMatch.listing_id)
    ).all()
    if taken:
        session.execute(
            update(SavedSearch).where(SavedSearch.id == search_id, SavedSearch.due_at.is_(None)).values(due_at=now)
        )
        _log.info("saved search %s: %d cars are told anew", search_id, len(taken))

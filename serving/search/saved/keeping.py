"""Keep, list, change and delete the saved searches of a person."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.ids import new_id
from core.db.locks import lock_name
from core.db.tables.saved_searches import SavedSearch, SavedSearchMatch
from core.search import SearchQuery
from core.search.engine import IndexView
from core.search.reading.asking import strictest
from core.search.reading.chips import ChipField
from core.search.reading.reader import read
from core.vocabulary import Channel
from pipelines.search.alerts.canonical import DENIALS, FLAGS, RANGES, STRANGERS, TERMS, asked_words, filter_columns
from serving.identity.logins.account import require_person
from serving.search.saved.errors import (
    SearchTooWideError,
    TooManySavedSearchesError,
    UnknownSavedSearchError,
)

MOST: Final = 50
"""Saved searches of a person."""


@dataclass(frozen=True)
class AskedSearch:
    """A search as the caller wrote it, and the query that it makes.

    The words are understood, but for the fields of `literal`; with None they are words alone.
    """

    written: str
    query: SearchQuery
    literal: frozenset[ChipField] | None = frozenset()


@dataclass(frozen=True)
class Alerts:
    """The alerts of a search: their frequency, and the changes of cars that they tell."""

    frequency: str
    new_match: bool
    price_drop: bool


@dataclass(frozen=True)
class NewSearch:
    """A search to save: its name, what it asks for, how the owner is told, and whose cars it looks at."""

    name: str
    asked: AskedSearch
    alerts: Alerts
    audience: Audience


@dataclass(frozen=True)
class Change:
    """The changes of a saved search; None, or an alert that is left out, stays as it is."""

    search_id: UUID
    name: str | None
    asked: AskedSearch | None
    alerts: Mapping[str, Any]


def own_searches(session: Session, principal: Principal) -> Sequence[SavedSearch]:
    """Return the caller's saved searches, the newest first.

    Raises:
        LoginNeededError, PeopleOnlyError: the caller is no person.
    """
    mine = select(SavedSearch).where(SavedSearch.user_id == require_person(principal))
    return session.scalars(mine.order_by(SavedSearch.created_at.desc(), SavedSearch.id.desc())).all()


def save_search(
    session: Session, engine: IndexView, principal: Principal, given: NewSearch, now: datetime
) -> SavedSearch:
    """Keep a search of the caller.

    Raises:
        LoginNeededError, PeopleOnlyError: the caller is no person.
        TooManySavedSearchesError, SearchTooWideError: as they say.
        RetryableError: `search_unavailable`, where words have to be read.
    """
    user_id = require_person(principal)
    lock_name(session, f"saved searches of {user_id}")
    held = session.scalar(select(func.count()).select_from(SavedSearch).where(SavedSearch.user_id == user_id))
    if (held or 0) >= MOST:
        raise TooManySavedSearchesError(MOST)
    row = SavedSearch(id=new_id(), user_id=user_id, name=given.name, created_at=now, **asdict(given.alerts))
    row.channel, row.org_id = given.audience.channel.value, given.audience.org_id
    _set_search(row, engine, given.asked, now)
    session.add(row)
    session.flush()
    _record(session, principal, "saved_search.create", row)
    return row


def change_search(
    session: Session,
    engine: IndexView,
    principal: Principal,
    change: Change,
    now: datetime,
) -> SavedSearch:
    """Change a saved search of the caller.

    A search that asks for something else forgets the cars that it found.

    Raises:
        UnknownSavedSearchError, SearchTooWideError, LoginNeededError, PeopleOnlyError: as they say.
    """
    mine = SavedSearch.user_id == require_person(principal)
    row = session.scalars(select(SavedSearch).where(SavedSearch.id == change.search_id, mine).with_for_update()).first()
    if row is None:
        raise UnknownSavedSearchError
    if change.name is not None:
        row.name = change.name
    for field, value in change.alerts.items():
        setattr(row, field, value)
    if change.asked is not None:
        _set_search(row, engine, change.asked, now)
        session.execute(delete(SavedSearchMatch).where(SavedSearchMatch.search_id == row.id))
    if change.asked is not None or row.frequency == "off":
        row.due_at = None
    session.flush()
    _record(session, principal, "saved_search.change", row)
    return row


def delete_search(session: Session, principal: Principal, search_id: UUID) -> None:
    """Delete a saved search of the caller.

    Raises:
        UnknownSavedSearchError, LoginNeededError, PeopleOnlyError: as they say.
    """
    mine = SavedSearch.user_id == require_person(principal)
    gone = delete(SavedSearch).where(SavedSearch.id == search_id, mine).returning(SavedSearch.id)
    if session.scalar(gone) is None:
        raise UnknownSavedSearchError
    record(session, Actor.of(principal), Act("saved_search.delete", "saved_search", str(search_id)))


def _set_search(row: SavedSearch, engine: IndexView, asked: AskedSearch, now: datetime) -> None:
    meant = asked.query
    if meant.text.strip() and asked.literal is not None:
        audience = replace(STRANGERS[Channel(row.channel)], org_id=row.org_id)
        meant = strictest(meant, read(meant.text, engine.vocabulary(audience), asked.literal))
    columns = filter_columns(meant.filters)
    words = asked_words(meant.text)
    asks = [name for name, value in columns.items() if name not in ("keys", *DENIALS) and value is not None]
    if words is None or not (words or asks):
        raise SearchTooWideError
    for name, value in columns.items():
        setattr(row, name, value)
    row.words, row.search, row.since = words, asked.written, now
    row.understood = _understood(meant)


def _understood(meant: SearchQuery) -> dict[str, Any]:
    """Return the filters as they are shown to people: by the names of their parameters."""
    given = meant.filters
    names = [*TERMS, *DENIALS, *FLAGS, *(f"{name}_{end}" for name in RANGES for end in ("min", "max"))]
    shown = {name: value for name in names if (value := getattr(given, name)) not in (None, ())}
    shown = {name: list(value) if isinstance(value, tuple) else value for name, value in shown.items()}
    return shown if given.near is None else shown | {"radius_km": given.near.radius_km}


def _record(session: Session, principal: Principal, action: str, row: SavedSearch) -> None:
    after = {"frequency": row.frequency, "new_match": row.new_match, "price_drop": row.price_drop}
    record(session, Actor.of(principal), Act(action, "saved_search", str(row.id), after=after))

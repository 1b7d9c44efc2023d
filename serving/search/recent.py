"""Keep the words that people search for, each person's for itself: typeahead offers them, and their own list has them.

Of anonymous callers and of service accounts nothing is kept, nor of those who ask not to be followed, nor searches that
hold a phone number, a CNIC or an e-mail address.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.recent_searches import RecentSearch
from core.errors import NotFoundError
from core.observability.redaction import mask_contacts
from core.search.words.folding import words
from serving.identity.logins.account import require_person

MOST: Final = 20
"""Recent searches of a person."""
STILL_TYPING: Final = timedelta(minutes=1)
"""A search that goes on with the words of one that is not older takes its place: apps search while people type."""
_PHONE: Final = re.compile(r"(?:0[1-9]|(?:00)?923)\d{5,}|3\d{9}")
"""Digits of a phone number, or most of them, in whatever signs they stood; no price or year begins so."""
_LAST_FIRST: Final = (RecentSearch.searched_at.desc(), RecentSearch.id.desc())
_FORGET_TYPING: Final = text("""
DELETE FROM recent_searches WHERE user_id = :user_id AND searched_at > :typing_since AND starts_with(:words, words)
""")
_KEEP: Final = text("""
WITH gone AS (
  DELETE FROM recent_searches WHERE user_id = :user_id AND words <> :words AND (
    (searched_at > :typing_since AND starts_with(:words, words)) OR id IN (
      SELECT id FROM recent_searches WHERE user_id = :user_id AND words <> :words
      ORDER BY searched_at DESC, id DESC OFFSET :others))
)
INSERT INTO recent_searches (user_id, text, words, searched_at) VALUES (:user_id, :text, :words, :now)
ON CONFLICT (user_id, words) DO UPDATE SET text = excluded.text, searched_at = excluded.searched_at
""")


class UnknownRecentSearchError(NotFoundError):
    """The caller has no such recent search."""

    code = "unknown_recent_search"

    def __init__(self) -> None:
        super().__init__("You have no recent search of this id.")


@dataclass(frozen=True)
class Searcher:
    """The audience of a search, and the person for whom its words are kept, if they are."""

    audience: Audience
    user_id: UUID | None = None


def remember_search(session: Session, searcher: Searcher, typed: str, now: datetime) -> None:
    """Keep the words of a search for the person that made it; by one statement, or by none.

    A search that holds a contact deletes the beginnings of itself that were kept while the person typed.
    """
    folded = " ".join(words(typed))
    if searcher.user_id is None or not folded:
        return
    typing = {"user_id": searcher.user_id, "words": folded, "typing_since": now - STILL_TYPING}
    if _holds_contact(typed, folded):
        session.execute(_FORGET_TYPING, typing)
        return
    session.execute(_KEEP, typing | {"text": " ".join(typed.split()), "now": now, "others": MOST - 1})


def _holds_contact(typed: str, folded: str) -> bool:
    """Tell whether a search holds a contact, also one in signs that only folding reads: `0300_1234567`, `０３００…`."""
    if any(mask_contacts(each) != each for each in (typed, folded, typed.replace(" @ ", "@"))):
        return True
    runs = re.findall(r"\b\d+(?: \d+)*\b", folded)
    return any(_PHONE.fullmatch(run.replace(" ", "")) for run in runs)


def recent_texts(session: Session, searcher: Searcher) -> Sequence[str]:
    """Return the person's own texts, the last one first; none without a person."""
    if searcher.user_id is None:
        return ()
    mine = select(RecentSearch.text).where(RecentSearch.user_id == searcher.user_id)
    return session.scalars(mine.order_by(*_LAST_FIRST)).all()


def own_recent(session: Session, principal: Principal) -> Sequence[RecentSearch]:
    """Return the caller's recent searches, the last one first.

    Raises:
        LoginNeededError, PeopleOnlyError: the caller is no person.
    """
    mine = select(RecentSearch).where(RecentSearch.user_id == require_person(principal))
    return session.scalars(mine.order_by(*_LAST_FIRST)).all()


def forget_searches(session: Session, principal: Principal, search_id: UUID | None = None) -> None:
    """Delete one of the caller's recent searches, or all of them.

    Raises:
        UnknownRecentSearchError, LoginNeededError, PeopleOnlyError: as they say.
    """
    user_id = require_person(principal)
    these = [RecentSearch.user_id == user_id, *([] if search_id is None else [RecentSearch.id == search_id])]
    gone = session.scalars(delete(RecentSearch).where(*these).returning(RecentSearch.id)).all()
    if search_id is not None and not gone:
        raise UnknownRecentSearchError
    subject = ("user", user_id) if search_id is None else ("recent_search", search_id)
    act = Act("recent_search.delete", subject[0], str(subject[1]), after={"deleted": len(gone)})
    record(session, Actor.of(principal), act)

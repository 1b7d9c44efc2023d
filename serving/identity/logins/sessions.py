"""Sessions of people: started by a login, kept by refreshing, ended by their owner or by reuse of an old token."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.tables.logins import EndedOutsideSession, UserSession
from core.db.tables.people import User
from core.errors import AutomartError
from serving.identity.errors import BlockedError, InvalidRefreshTokenError, RefreshTokenReusedError
from serving.identity.logins.refresh_tokens import RefreshTokens

LIFETIME: Final = timedelta(days=60)
"""A session that was not refreshed for this long has ended."""
GRACE: Final = timedelta(seconds=30)
"""For this long a replaced token still gives its successor: two tabs may renew at once, or an answer get lost."""


@dataclass(frozen=True)
class Client:
    """Facts about the client that logs in."""

    device: str | None = None
    user_agent: str | None = None
    address_class: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class SessionOutcome:
    """The outcome of a login or a refresh: a session with its refresh token, or the refusal.

    The refusal is a value and no error, so that what was counted or ended with it is committed.
    """

    user_id: UUID | None = None
    session_id: UUID | None = None
    token: str | None = field(default=None, repr=False)
    refused: AutomartError | None = None


def start_session(
    session: Session, tokens: RefreshTokens, user_id: UUID, client: Client, now: datetime
) -> SessionOutcome:
    """Start a session of a person and return its first refresh token."""
    row = UserSession(
        user_id=user_id,
        device=client.device,
        user_agent=client.user_agent,
        address_class=client.address_class,
        generation=1,
        refreshed_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(row)
    session.flush()
    return SessionOutcome(user_id, row.id, tokens.token(row.id, row.generation))


def refresh_session(session: Session, tokens: RefreshTokens, token: str, now: datetime) -> SessionOutcome:
    """Replace a refresh token by its successor.

    The token just replaced gives the same successor for GRACE; after that, or with a still older one, the session ends,
    because two parties hold its tokens and nobody can tell which one is the thief.
    """
    named = tokens.read(token)
    row = None if named is None else session.get(UserSession, named[0], with_for_update=True)
    if named is None or row is None or row.ended_at is not None or row.expires_at <= now:
        return SessionOutcome(refused=InvalidRefreshTokenError())
    if session.get_one(User, row.user_id).blocked_at is not None:
        return SessionOutcome(refused=BlockedError())
    behind = row.generation - named[1]
    if behind == 1 and now - row.refreshed_at <= GRACE:
        return SessionOutcome(row.user_id, row.id, tokens.token(row.id, row.generation))
    if behind != 0:
        row.ended_at, row.ended_why = now, "refresh_token_reused"
        session.flush()
        return SessionOutcome(refused=RefreshTokenReusedError())
    row.generation, row.refreshed_at, row.expires_at = row.generation + 1, now, now + LIFETIME
    session.flush()
    return SessionOutcome(row.user_id, row.id, tokens.token(row.id, row.generation))


def live_sessions(session: Session, user_id: UUID, now: datetime) -> list[UserSession]:
    """Return the sessions of a person that go on, the newest first."""
    statement = select(UserSession).where(
        UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.expires_at > now
    )
    return list(session.scalars(statement.order_by(UserSession.id.desc())))


def end_session(session: Session, user_id: UUID, session_id: UUID, now: datetime, why: str = "logout") -> bool:
    """End an active session of a person; False where the person has none of this id."""
    mine = (UserSession.user_id == user_id, UserSession.id == session_id)
    return _end(session, now, why, *mine) > 0


def end_all_sessions(session: Session, user_id: UUID, now: datetime, why: str) -> int:
    """End every session of a person; returns their number."""
    return _end(session, now, why, UserSession.user_id == user_id)


def _end(session: Session, now: datetime, why: str, *which: ColumnElement[bool]) -> int:
    ended = update(UserSession).where(*which, UserSession.ended_at.is_(None)).values(ended_at=now, ended_why=why)
    return len(session.scalars(ended.returning(UserSession.id)).all())


def end_outside_session(session: Session, issuer: str, outside_session: str, now: datetime) -> None:
    """End a session of an outside issuer here: its tokens are refused from the next request on.

    The provider may renew its tokens for as long as its own session goes on, so the end is remembered for LIFETIME.
    """
    row = {"issuer": issuer, "session": outside_session, "ended_at": now, "expires_at": now + LIFETIME}
    session.execute(insert(EndedOutsideSession).values(row).on_conflict_do_nothing())

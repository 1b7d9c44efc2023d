"""Erase a person: the caller itself, or somebody on behalf of an operator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.session import Transaction
from core.db.tables.logins import UserSession
from core.storage import Storage
from pipelines.personal_data.erase import ErasureResult, finish_erasure, list_erasure
from pipelines.personal_data.repository import ErasureRepository
from serving.identity.logins.account import require_person
from serving.identity.logins.authentication import VerifiedBearer
from serving.identity.logins.sessions import end_outside_session
from serving.identity.members.administrators import keep_admins_without
from serving.identity.members.departures import hand_over_everywhere
from serving.identity.operators import UnknownPersonError
from serving.personal_data.errors import FreshLoginNeededError

FRESH: Final = timedelta(minutes=10)
"""An erasure is asked for within this time after a login."""


def require_fresh_login(session: Session, principal: Principal, bearer: VerifiedBearer | None, now: datetime) -> None:
    """Refuse callers who did not log in within FRESH: a stolen token must not be enough to erase its owner.

    Raises:
        LoginNeededError, PeopleOnlyError: the caller is no person. FreshLoginNeededError: as it says.
    """
    require_person(principal)
    since = None
    if principal.session_id is not None:
        since = session.scalar(select(UserSession.created_at).where(UserSession.id == principal.session_id))
    elif bearer is not None and bearer.claims is not None:
        since = bearer.claims.authenticated_at or bearer.claims.issued_at
    if since is None or now - since > FRESH:
        raise FreshLoginNeededError


def begin_erasure(session: Session, user_id: UUID, actor: Actor, now: datetime) -> UUID:
    """Record that a person is to be erased and lock the person out; return the erasure's id, also of one begun before.

    Raises:
        UnknownPersonError: there is no such person. LastAdminError: an organisation would be left without one.
    """
    repository = ErasureRepository(session)
    begun = repository.of_person(user_id)
    if begun is not None:
        return begun.id
    if not repository.lock_person(user_id):
        raise UnknownPersonError
    begun = repository.of_person(user_id)  # by somebody who held the lock before
    if begun is not None:
        return begun.id
    keep_admins_without(session, user_id)
    record(session, actor, Act("personal_data.erase", "user", str(user_id)))
    begun_now = repository.begin(user_id, now).id
    hand_over_everywhere(session, user_id)
    return begun_now


def erase_caller(
    begin: Transaction, storage: Storage, principal: Principal, bearer: VerifiedBearer | None, now: datetime
) -> UUID:
    """Lock the caller out and put it on the list outside the database; return the id of the erasure.

    `begin` opens transactions that work for the caller, whose login may delete nothing: the loop `personal_data.erase`
    does the rest. When this returns, no restore can bring the person back for longer than until the list is replayed.

    Raises:
        FreshLoginNeededError, LastAdminError: nothing was changed.
        StorageUnavailableError: the person is locked out, and the background loop erases it when storage answers.
    """
    user_id = require_person(principal)
    with begin() as session:
        require_fresh_login(session, principal, bearer, now)
        if bearer is not None and bearer.claims is not None and not bearer.embedded and bearer.claims.session:
            # Else the next request with the same token would make a new person of the same login.
            with platform_step(session, Step.LOGIN):
                end_outside_session(session, bearer.claims.issuer, bearer.claims.session, now)
        erasure_id = begin_erasure(session, user_id, Actor.of(principal), now)
    with begin() as session:
        list_erasure(session, storage, erasure_id)
    return erasure_id


def erase_person(begin: Transaction, storage: Storage, user_id: UUID, by: str, now: datetime) -> ErasureResult:
    """Erase a person on behalf of an operator, whom `by` names in the audit trail, wholly and at once."""
    with begin() as session:
        erasure_id = begin_erasure(session, user_id, Actor.system(f"automart pii by {by}"), now)
    return finish_erasure(begin, storage, erasure_id, now)

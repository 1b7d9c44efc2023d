"""Identify the caller: verify the bearer token, then look up the person or the system that it names.

The two steps are apart because the first may wait for the issuer's keys and touches no database, and the second is one
statement on a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.db.tables.logins import EndedOutsideSession
from core.db.tables.people import Login, User
from core.errors import AutomartError, UnauthenticatedError
from core.identity.principals import (
    FoundPerson,
    OutsideLogin,
    find_by_login,
    find_by_secret,
    find_by_session,
    find_by_sessions,
)
from core.identity.tokens.claims import Claims
from core.identity.tokens.errors import InvalidTokenError
from core.identity.tokens.key_source import KeySource
from core.identity.tokens.verified import VerifiedTokens
from core.identity.tokens.verify import TokenRules
from core.security.tokens import token_digest
from serving.identity.errors import BlockedError
from serving.identity.logins.issuer import EmbeddedIssuer

SERVICE_SECRET_PREFIX: Final = "aut_sa_"  # noqa: S105  (says what a found string is, for secret scanners)
_SECRET_PREFIXES: Final = (SERVICE_SECRET_PREFIX, "aut_up_")
"""Dealers hold upload tokens of before they were service accounts; those begin with `aut_up_`."""


class SessionEndedError(UnauthenticatedError):
    """The session of the token was ended."""

    code = "session_ended"

    def __init__(self) -> None:
        super().__init__("This session has ended: log in again.")


class UnknownSecretError(UnauthenticatedError):
    """The secret of a service account is unknown or was revoked."""

    code = "unknown_secret"

    def __init__(self) -> None:
        super().__init__("This secret of a service account is unknown or was revoked.")


@dataclass(frozen=True)
class OutsideIssuer:
    """A login service that people use instead of the embedded issuer."""

    rules: TokenRules
    keys: KeySource


@dataclass(frozen=True)
class VerifiedBearer:
    """A bearer token whose signature and claims are right, or the digest of a system's secret."""

    claims: Claims | None = None
    embedded: bool = False
    secret_digest: bytes | None = None

    def claimed_principal(self) -> Principal:
        """Return the person that a token of ours was given to, whether or not its session goes on; else nobody.

        For records alone: it holds no memberships.
        """
        if self.claims is None or not self.embedded:
            return Principal.anonymous()
        try:
            return Principal(user_id=UUID(self.claims.subject), session_id=UUID(self.claims.session or ""))
        except ValueError:
            return Principal.anonymous()


class Authenticator:
    """Verifies bearer tokens. With an outside issuer the embedded one's tokens are refused."""

    def __init__(self, embedded: EmbeddedIssuer, outside: OutsideIssuer | None, clock: Callable[[], datetime]) -> None:
        self._embedded = embedded
        self._outside = outside
        self._clock = clock
        self._embedded_keys = embedded.verifying_keys()
        self._verified = VerifiedTokens()

    async def verify(self, bearer: str) -> VerifiedBearer:
        """Verify a bearer token.

        Raises:
            UnauthenticatedError: one of its classes says why it was not accepted.
            IssuerUnavailableError: the outside issuer's keys cannot be had.
        """
        if bearer.startswith(_SECRET_PREFIXES):
            return VerifiedBearer(secret_digest=token_digest(bearer))
        if self._outside is None:
            claims = self._verified.verify(bearer, self._embedded_keys, self._embedded.rules, self._clock())
            return VerifiedBearer(claims, embedded=True)
        keys = await self._outside.keys.keys_for(self._verified.key_id_of(bearer))
        return VerifiedBearer(self._verified.verify(bearer, keys, self._outside.rules, self._clock()))


def find_principal(session: Session, bearer: VerifiedBearer, now: datetime) -> Principal:
    """Return the person or the system of a verified bearer token.

    An outside login that is new here becomes a new person without memberships: a token ties nobody to an invitation.

    Raises:
        SessionEndedError, UnknownSecretError, BlockedError: as they say.
    """
    if bearer.secret_digest is not None:
        system = find_by_secret(session, bearer.secret_digest)
        if system is None:
            raise UnknownSecretError
        return system
    if bearer.claims is None:
        raise InvalidTokenError
    found = _embedded(session, bearer.claims, now) if bearer.embedded else _outside(session, bearer.claims)
    if found is None:
        raise SessionEndedError
    if found.blocked:
        raise BlockedError
    return found.principal


def find_principals(
    session: Session, bearers: Sequence[VerifiedBearer], now: datetime
) -> list[Principal | AutomartError]:
    """Return what `find_principal` returns or raises for each bearer; sessions of our issuer in one statement."""
    pairs = [_session_of(bearer) for bearer in bearers]
    people = iter(find_by_sessions(session, [pair for pair in pairs if pair is not None], now))
    return [
        _one_principal(session, bearer, now) if pair is None else _known(next(people))
        for bearer, pair in zip(bearers, pairs, strict=True)
    ]


def _one_principal(session: Session, bearer: VerifiedBearer, now: datetime) -> Principal | AutomartError:
    try:
        return find_principal(session, bearer, now)
    except AutomartError as error:
        return error


def _known(found: FoundPerson | None) -> Principal | AutomartError:
    if found is None:
        return SessionEndedError()
    return BlockedError() if found.blocked else found.principal


def _session_of(bearer: VerifiedBearer) -> tuple[UUID, UUID] | None:
    if bearer.claims is None or not bearer.embedded:
        return None
    try:
        return _pair(bearer.claims.subject, bearer.claims.session or "")
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def _pair(subject: str, session: str) -> tuple[UUID, UUID]:
    return UUID(subject), UUID(session)


def _embedded(session: Session, claims: Claims, now: datetime) -> FoundPerson | None:
    try:
        user_id, session_id = _pair(claims.subject, claims.session or "")
    except ValueError:
        raise InvalidTokenError from None
    return find_by_session(session, user_id, session_id, now)


def _outside(session: Session, claims: Claims) -> FoundPerson | None:
    login = OutsideLogin(claims.issuer, claims.subject, claims.session, claims.organizations)
    found = find_by_login(session, login)
    if found is None:
        with platform_step(session, Step.LOGIN):
            _ensure_person(session, login)
        found = find_by_login(session, login)  # still none: the session was ended
    return found


def _ensure_person(session: Session, login: OutsideLogin) -> None:
    """Add a person for a login that is new; the token of an ended session adds none, as that of an erased person."""
    if session.get(Login, (login.issuer, login.subject)) is not None:
        return
    if session.get(EndedOutsideSession, (login.issuer, login.session or "")) is not None:
        return
    person = User()
    with session.begin_nested() as attempt:
        session.add(person)
        session.flush()
        row = {"issuer": login.issuer, "subject": login.subject, "user_id": person.id}
        added = session.scalar(insert(Login).values(row).on_conflict_do_nothing().returning(Login.user_id))
        if added is None:
            attempt.rollback()  # another request of the same person was first

"""Logins with the platform's own issuer, from the code to the tokens, and their end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.logins import UserSession
from core.errors import AutomartError
from serving.identity.errors import (
    InvalidRefreshTokenError,
    LoginElsewhereError,
    LoginNeededError,
    PeopleOnlyError,
    RefreshTokenReusedError,
    UnknownSessionError,
)
from serving.identity.logins.authentication import VerifiedBearer
from serving.identity.logins.login import Proven, log_in, prove_contact
from serving.identity.logins.opened import Identity
from serving.identity.logins.otp import Guess
from serving.identity.logins.refresh_tokens import RefreshTokens
from serving.identity.logins.sessions import (
    Client,
    SessionOutcome,
    end_all_sessions,
    end_outside_session,
    end_session,
    live_sessions,
    refresh_session,
)


@dataclass(frozen=True)
class TokensGiven:
    """Tokens of a session, or why there are none; the refusal is a value so that it is committed."""

    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    refused: AutomartError | None = None


def require_embedded(identity: Identity) -> None:
    """Raise LoginElsewhereError where an outside issuer is set."""
    if identity.outside is not None:
        raise LoginElsewhereError


def require_person(principal: Principal) -> UUID:
    """Return the caller's id; raise LoginNeededError or PeopleOnlyError where it is no person."""
    if principal.user_id is not None:
        return principal.user_id
    raise PeopleOnlyError if principal.service_account is not None else LoginNeededError


class Login:
    """Starts, renews and ends sessions, and says what the client is given."""

    def __init__(self, session: Session, identity: Identity) -> None:
        self._session = session
        self._identity = identity
        self._tokens = RefreshTokens(identity.keys.index)

    def log_in(self, guess: Guess, client: Client, now: datetime) -> TokensGiven:
        """Use up a code and start a session; see `serving.identity.logins.login.log_in`."""
        require_embedded(self._identity)
        with platform_step(self._session, Step.LOGIN):
            outcome = log_in(self._session, self._identity.keys, guess, client, now)
            if outcome.user_id is not None:
                self._record(Actor.person(outcome.user_id, outcome.session_id), "sessions.start", outcome.session_id)
        return self._given(outcome, now)

    def prove(self, guess: Guess, now: datetime) -> Proven:
        """Use up a code and give a proof of the contact."""
        with platform_step(self._session, Step.LOGIN):
            proven = prove_contact(self._session, self._identity.keys, guess, now)
            if proven.proof_id is not None:
                act = Act("contacts.prove", "contact_proof", str(proven.proof_id))
                record(self._session, Actor.of(Principal.anonymous()), act)
            return proven

    def refresh(self, token: str, now: datetime) -> TokensGiven:
        """Replace a refresh token by its successor; see `serving.identity.logins.sessions.refresh_session`."""
        require_embedded(self._identity)
        named = self._tokens.read(token)
        if named is None:
            return TokensGiven(refused=InvalidRefreshTokenError())
        with platform_step(self._session, Step.LOGIN):
            outcome = refresh_session(self._session, self._tokens, token, now)
            if isinstance(outcome.refused, RefreshTokenReusedError):
                self._record(Actor.of(Principal.anonymous()), "sessions.end", named[0], "refresh_token_reused")
        return self._given(outcome, now)

    def end_by_refresh_token(self, token: str, now: datetime) -> None:
        """End the session of a refresh token; a token that is not ours changes nothing."""
        named = self._tokens.read(token)
        if named is None:
            return
        with platform_step(self._session, Step.LOGIN):
            row = self._session.get(UserSession, named[0])
            if row is not None and end_session(self._session, row.user_id, row.id, now):
                self._record(Actor.person(row.user_id, row.id), "sessions.end", row.id, "logout")

    def end(self, principal: Principal, bearer: VerifiedBearer | None, now: datetime) -> None:
        """End the session of the caller's token.

        Raises:
            LoginNeededError, PeopleOnlyError: the caller is no person.
        """
        user_id = require_person(principal)
        if principal.session_id is not None:
            if end_session(self._session, user_id, principal.session_id, now):
                self._record(Actor.of(principal), "sessions.end", principal.session_id, "logout")
        elif bearer is not None and bearer.claims is not None and bearer.claims.session is not None:
            with platform_step(self._session, Step.LOGIN):
                end_outside_session(self._session, bearer.claims.issuer, bearer.claims.session, now)
            act = Act("sessions.end", "user", str(user_id), reason="logout from an outside login service")
            record(self._session, Actor.of(principal), act)

    def live(self, principal: Principal, now: datetime) -> list[UserSession]:
        """Return the caller's sessions that go on, the newest first."""
        return live_sessions(self._session, require_person(principal), now)

    def end_one(self, principal: Principal, session_id: UUID, now: datetime) -> None:
        """End one of the caller's sessions; raise UnknownSessionError where it has no such one."""
        if not end_session(self._session, require_person(principal), session_id, now, "revoked"):
            raise UnknownSessionError
        self._record(Actor.of(principal), "sessions.end", session_id, "revoked")

    def end_all(self, principal: Principal, bearer: VerifiedBearer | None, now: datetime) -> None:
        """End every session of the caller, that of its token too."""
        self.end(principal, bearer, now)
        user_id = require_person(principal)
        ended = end_all_sessions(self._session, user_id, now, "revoked")
        act = Act("sessions.end_all", "user", str(user_id), after={"ended": ended})
        record(self._session, Actor.of(principal), act)

    def _record(self, actor: Actor, action: str, session_id: UUID | None, reason: str | None = None) -> None:
        record(self._session, actor, Act(action, "session", str(session_id), reason=reason))

    def _given(self, outcome: SessionOutcome, now: datetime) -> TokensGiven:
        if outcome.user_id is None or outcome.session_id is None or outcome.token is None:
            return TokensGiven(refused=outcome.refused)
        access = self._identity.issuer.access_token(outcome.user_id, outcome.session_id, now)
        return TokensGiven(access, outcome.token)

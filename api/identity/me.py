"""GET /v1/me, and GET and DELETE /v1/me/sessions."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from api.contract.documented import problems
from api.deps import CallerDep, PrincipalDep, SessionDep, StateDep
from api.identity.me_schemas import EXAMPLE_SESSION_ID, Me, SessionList
from api.identity.problems import END_SESSION, OWN
from api.identity.router import router
from api.rules import LOGIN, request_rules
from core.clock import utc_now
from serving.identity.logins.account import Login
from serving.identity.members.profile import held_roles, own_contacts

SessionId = Annotated[UUID, Path(description="A session of the list.", examples=[EXAMPLE_SESSION_ID])]


@router.get("/v1/me", summary="Who am I")
@request_rules(access=LOGIN)
def read_me(session: SessionDep, state: StateDep, principal: PrincipalDep) -> Me:
    """Return the caller: its proven contacts, and its role in each organisation, as they are now."""
    roles = held_roles(session, principal)
    return Me.of(principal, roles, own_contacts(session, principal, state.identity.keys))


@router.get("/v1/me/sessions", summary="Where am I logged in", responses=problems(*OWN))
@request_rules(access=LOGIN)
def read_sessions(session: SessionDep, state: StateDep, principal: PrincipalDep) -> SessionList:
    """List the sessions that go on, the newest first; logins of an outside login service are listed there."""
    return SessionList.of(Login(session, state.identity).live(principal, utc_now()), principal)


@router.delete("/v1/me/sessions", status_code=204, summary="Log out everywhere", responses=problems(*OWN))
@request_rules(access=LOGIN)
def end_sessions(session: SessionDep, state: StateDep, caller: CallerDep, principal: PrincipalDep) -> None:
    """End every session, this one too; it holds from the next request on."""
    Login(session, state.identity).end_all(principal, caller.bearer, utc_now())


@router.delete(
    "/v1/me/sessions/{session_id}", status_code=204, summary="End one session", responses=problems(*END_SESSION)
)
@request_rules(access=LOGIN)
def end_one_session(session_id: SessionId, session: SessionDep, state: StateDep, principal: PrincipalDep) -> None:
    """End one session, as that of a lost phone; it holds from the next request on."""
    Login(session, state.identity).end_one(principal, session_id, utc_now())

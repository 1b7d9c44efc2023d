"""Dependencies of endpoints: the opened parts, a session, the caller, and the caller's audience.

All dependencies are coroutines: FastAPI runs a plain function in a thread of its own choosing, which costs more than a
look-up, and lets a request hold a connection while it waits for the next thread (see `api.threads`).

The caller's token is verified here, without a connection. The person is looked up by `api.routing`, in the thread and
the transaction of the endpoint: until then a parameter is pending.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from pydantic import Field

from api.parameters import OptionalParam
from api.rules import PUBLIC, RequestRules
from api.threads import WorkerThreads
from core.access.audience import Audience
from core.access.principal import Principal
from core.access.tenant import work_for
from core.audit.origin import current_origin
from core.clock import utc_now
from core.db.session import Session, SessionFactory, transaction
from core.identity.orgs import CODE_PATTERN
from core.identity.tokens.errors import InvalidTokenError
from core.search import SearchEngine
from core.search.embedding import VectorStore
from core.settings import Settings
from core.storage import Storage
from core.vocabulary import Channel
from serving.deposits.holds.opening import OpeningRules
from serving.engagement.capture import Capture
from serving.identity.errors import LoginNeededError
from serving.identity.logins.authentication import VerifiedBearer, find_principal
from serving.identity.logins.opened import Identity
from serving.live.hub import LiveHub
from serving.price_bands.champion import ChampionCache
from serving.price_bands.quotes import QuoteQueue
from serving.search.popular import PopularSearches
from serving.search.tokens import SearchTokens


@dataclass(frozen=True)
class AppState:
    """Opened once by the application's lifespan."""

    sessions: SessionFactory
    storage: Storage
    search: SearchEngine
    champion: ChampionCache
    quotes: QuoteQueue
    settings: Settings
    vectors: VectorStore
    threads: WorkerThreads
    identity: Identity
    search_tokens: SearchTokens
    popular: PopularSearches
    captured: Capture
    live: LiveHub
    opening: OpeningRules


def opened(request: Request) -> AppState:
    """Return the opened parts (settings, sessions, search, keys) of the application that a request is for."""
    state: AppState = request.app.state.opened
    return state


async def app_state(request: Request) -> AppState:
    """Return the opened parts, for endpoints."""
    return opened(request)


StateDep = Annotated[AppState, Depends(app_state)]
"""The opened parts, for endpoints. Dependencies take them of the request: each mention is solved anew."""


async def session(request: Request) -> Session:
    """Make the session of a plain endpoint; `api.routing` runs it as one transaction in the endpoint's thread.

    It has no connection before its first statement.
    """
    return opened(request).sessions()


@dataclass(frozen=True)
class Caller:
    """A caller whose token is verified; the anonymous one has none."""

    state: AppState
    bearer: VerifiedBearer | None

    def look_up(self, session: Session) -> Principal:
        """Return the person or the system of the token: one statement, none for the anonymous caller.

        Raises:
            SessionEndedError, UnknownSecretError, BlockedError: see `serving.identity.logins.authentication`.
        """
        if self.bearer is None:
            return Principal.anonymous()
        found = find_principal(session, self.bearer, utc_now())
        _remember(found)
        return found

    async def ask_first(self, check: Callable[[Session, Principal], object]) -> None:
        """Check a right in a transaction of its own, before the body is read and the endpoint has a connection."""

        def checked() -> None:
            with transaction(self.state.sessions) as session:
                principal = self.look_up(session)
                work_for(session, principal)
                check(session, principal)

        await self.state.threads.run(checked)


def _remember(principal: Principal) -> None:
    """Note the caller for the record of a refusal, which is written when the transaction is long rolled back."""
    origin = current_origin()
    if origin is not None:
        origin.principal = principal


@dataclass(frozen=True)
class PendingPrincipal:
    """The caller, not looked up yet."""

    caller: Caller

    def known(self, principal: Principal) -> Principal:
        """Return the caller."""
        return principal


@dataclass(frozen=True)
class PendingAudience:
    """The caller's audience, for the channel and the organisation that it named."""

    caller: Caller
    channel: Channel
    org: str | None

    def known(self, principal: Principal) -> Audience:
        """Return the audience of the caller."""
        return Audience.of(principal, self.channel, self.org)


_VERIFIED = "verified_bearer"


async def verified_bearer(request: Request, state: AppState) -> VerifiedBearer | None:
    """Verify the bearer token of a request, once for everything that looks at it; None without the header.

    Raises:
        InvalidTokenError, TokenExpiredError, WrongTokenTypeError, WrongAudienceError: the token is not accepted.
        IssuerUnavailableError: the login service's keys cannot be had.
    """
    given = request.headers.getlist("authorization")
    if not given:
        return None
    if _VERIFIED not in request.scope:
        scheme, _blank, token = given[0].partition(" ")
        if len(given) > 1 or scheme.lower() != "bearer":
            raise InvalidTokenError
        request.scope[_VERIFIED] = await state.identity.authenticator.verify(token.strip())
        _remember(request.scope[_VERIFIED].claimed_principal())
    bearer: VerifiedBearer = request.scope[_VERIFIED]
    return bearer


class _BearerCaller(SecurityBase):
    """The dependency that verifies callers; as a security scheme it stands in the contract by itself."""

    def __init__(self) -> None:
        self.scheme_name = "AccessToken"
        self.model = HTTPBearer(
            description="An access token of POST /v1/auth/otp/verify or of the login service; or a service account's"
            " secret."
        )

    async def __call__(self, request: Request) -> Caller:
        """Verify the bearer token; without the header the caller is anonymous, where the operation allows that.

        Raises:
            LoginNeededError: it does not.
            UnauthenticatedError, IssuerUnavailableError: see `verified_bearer`.
        """
        state = opened(request)
        bearer = await verified_bearer(request, state)
        rules: RequestRules = request.scope["route"].rules
        if bearer is None and rules.access != PUBLIC:
            raise LoginNeededError
        return Caller(state, bearer)


caller = _BearerCaller()
CallerDep = Annotated[Caller, Depends(caller)]


async def principal(known: CallerDep) -> PendingPrincipal:
    """Make the endpoint's parameter for the caller."""
    return PendingPrincipal(known)


OrgCode = Annotated[
    OptionalParam[Annotated[str, Field(pattern=CODE_PATTERN)]],
    Query(
        description="Code of the organisation that you act for: its own cars are shown too. Needed where you belong to"
        " several and the channel is autotrader.",
        examples=["khan-motors"],
    ),
]


async def audience(
    known: CallerDep,
    channel: Annotated[
        Channel, Query(description="The product that is asked; autotrader is for people of dealers.")
    ] = Channel.AUTOMART,
    org: OrgCode = None,
) -> Audience | PendingAudience:
    """Return the audience of an anonymous visitor of automart.pk, or make the parameter for the caller's."""
    if channel is Channel.AUTOMART and org is None and known.bearer is None:
        return Audience.anonymous()
    return PendingAudience(known, channel, org)


SessionDep = Annotated[Session, Depends(session)]
PrincipalDep = Annotated[Principal, Depends(principal)]
AudienceDep = Annotated[Audience, Depends(audience)]

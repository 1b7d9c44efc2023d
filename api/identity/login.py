"""POST /v1/auth/otp, otp/verify, refresh and logout, and GET /.well-known/jwks.json."""

from dataclasses import replace
from typing import Any

from api.contract.documented import problems
from api.deps import CallerDep, PrincipalDep, SessionDep, StateDep
from api.identity.contacts import ClientDep
from api.identity.login_schemas import (
    CodeRequest,
    CodeSent,
    CodeVerified,
    CodeVerify,
    JsonWebKeys,
    LogoutRequest,
    RefreshRequest,
    Tokens,
)
from api.identity.problems import LOGOUT, REFRESH, SEND_CODE, VERIFY_CODE
from api.identity.router import router
from api.routing import AfterCommit
from api.rules import PUBLIC, request_rules
from core.clock import utc_now
from serving.identity.codes import CodeSender
from serving.identity.logins.account import Login, require_embedded
from serving.identity.logins.otp import Guess, Purpose


@router.post("/v1/auth/otp", status_code=202, summary="Ask for a one-time code", responses=problems(*SEND_CODE))
@request_rules(access=PUBLIC)
def send_code(body: CodeRequest, session: SessionDep, state: StateDep, client: ClientDep) -> CodeSent:
    """Send six digits to a phone or an e-mail address; they are good for 5 minutes and for one use.

    `purpose=login` logs in; `contact` proves the contact without an account. The answer is the same whether somebody
    has an account with this contact or not.
    """
    if body.purpose is Purpose.LOGIN:
        require_embedded(state.identity)
    sender, now = CodeSender(session, state.identity.keys, state.identity.code_countries), utc_now()
    sent = sender.send_code(body.contact(), body.purpose, client.device, now, language=body.language)
    return CodeSent.of(sent, now)


@router.post("/v1/auth/otp/verify", summary="Log in with a code", responses=problems(*VERIFY_CODE))
@request_rules(access=PUBLIC)
def verify_code(body: CodeVerify, session: SessionDep, state: StateDep, client: ClientDep) -> CodeVerified:
    """Use up a code: for `login` it gives tokens, for `contact` a proof, good for 15 minutes, once, on this device."""
    guess, login = Guess(body.request_id, body.code, client.device), Login(session, state.identity)
    if body.purpose is Purpose.CONTACT:
        proven = login.prove(guess, utc_now())
        if proven.refused is not None:
            raise AfterCommit(proven.refused)
        return CodeVerified.proven(proven.proof)
    started = login.log_in(guess, replace(client, language=body.language), utc_now())
    if started.refused is not None:
        raise AfterCommit(started.refused)
    return CodeVerified.logged_in(started)


@router.post("/v1/auth/refresh", summary="Renew the tokens", responses=problems(*REFRESH))
@request_rules(access=PUBLIC)
def refresh_tokens(body: RefreshRequest, session: SessionDep, state: StateDep) -> Tokens:
    """Replace a refresh token by its successor, with a new access token.

    The token just replaced gives the same successor for 30 seconds (two tabs, a lost answer). Later its use ends the
    session: somebody else may hold it.
    """
    refreshed = Login(session, state.identity).refresh(body.refresh_token, utc_now())
    if refreshed.refused is not None:
        raise AfterCommit(refreshed.refused)
    return Tokens.of(refreshed)


_NOTHING_GIVEN = LogoutRequest()


@router.post("/v1/auth/logout", status_code=204, summary="Log out", responses=problems(*LOGOUT))
@request_rules(access=PUBLIC)
def log_out(
    session: SessionDep,
    state: StateDep,
    caller: CallerDep,
    principal: PrincipalDep,
    body: LogoutRequest = _NOTHING_GIVEN,
) -> None:
    """End the session of the access token, or of the refresh token in the body; it holds from the next request on."""
    login = Login(session, state.identity)
    if body.refresh_token is not None:
        login.end_by_refresh_token(body.refresh_token, utc_now())
    if body.refresh_token is None or not principal.is_anonymous:
        login.end(principal, caller.bearer, utc_now())


@router.get("/.well-known/jwks.json", summary="Keys that access tokens are signed with")
@request_rules(access=PUBLIC)
async def read_keys(state: StateDep) -> JsonWebKeys:
    """Return the public keys of the platform's own issuer (JWKS, RFC 7517); none where an outside one is set."""
    published: dict[str, Any] = {"keys": []} if state.identity.outside else state.identity.issuer.published_keys()
    return JsonWebKeys(**published)

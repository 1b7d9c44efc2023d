"""A bearer token names its person or system; the wrong issuer, an ended session or a block refuse it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Org
from core.db.tables.logins import EndedOutsideSession
from core.db.tables.people import User
from core.errors import AutomartError
from core.identity.tokens.errors import InvalidTokenError, IssuerUnavailableError, TokenExpiredError
from core.identity.tokens.key_source import KeySource
from core.identity.tokens.verify import TokenRules
from core.security.platform_keys import PlatformKeys
from serving.identity.declarations import READ_MEMBERS
from serving.identity.errors import BlockedError
from serving.identity.logins.authentication import (
    Authenticator,
    OutsideIssuer,
    SessionEndedError,
    UnknownSecretError,
    VerifiedBearer,
    find_principal,
)
from serving.identity.logins.issuer import LIFETIME, EmbeddedIssuer
from serving.identity.logins.sessions import end_session
from serving.identity.orgs.service_accounts import add_service_account
from tests.serving.identity.conftest import NOW, Person, id_of

OUTSIDE = "https://login.example"
KEY = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)


def outside_issuer(*, answers: bool = True) -> OutsideIssuer:
    async def fetch(address: str) -> Mapping[str, Any]:
        if not answers:
            raise OSError
        if address.endswith("openid-configuration"):
            return {"issuer": OUTSIDE, "jwks_uri": f"{OUTSIDE}/keys"}
        return {"keys": [KEY.as_dict(private=False)]}

    return OutsideIssuer(TokenRules(OUTSIDE, frozenset({"automart-api"})), KeySource(OUTSIDE, fetch))


def outside_token(subject: str, **claims: Any) -> str:
    stated = {"iss": OUTSIDE, "aud": "automart-api", "sub": subject, "sid": "s-1", "exp": int(NOW.timestamp()) + 60}
    return jwt.encode({"alg": "ES256", "kid": KEY.kid, "typ": "JWT"}, stated | claims, KEY, algorithms=["ES256"])


def verified(authenticator: Authenticator, bearer: str) -> VerifiedBearer:
    verifying: Awaitable[VerifiedBearer] = authenticator.verify(bearer)
    return asyncio.run(verifying)  # type: ignore[arg-type]  # it is a coroutine


@pytest.fixture
def embedded(keys: PlatformKeys) -> Authenticator:
    return Authenticator(EmbeddedIssuer(keys), None, lambda: NOW)


@pytest.fixture
def outside(keys: PlatformKeys) -> Authenticator:
    return Authenticator(EmbeddedIssuer(keys), outside_issuer(), lambda: NOW)


def token(keys: PlatformKeys, principal: Principal) -> str:
    assert principal.session_id is not None
    return EmbeddedIssuer(keys).access_token(id_of(principal), principal.session_id, NOW)


def test_embedded_token_names_person_session_and_roles(
    session: Session, keys: PlatformKeys, embedded: Authenticator, khan: Org, person: Person
) -> None:
    one = person(khan, Role.ORG_ADMIN)
    assert find_principal(session, verified(embedded, token(keys, one)), utc_now()) == one


def test_embedded_token_expires(keys: PlatformKeys, person: Person) -> None:
    late = Authenticator(EmbeddedIssuer(keys), None, lambda: NOW + LIFETIME + timedelta(minutes=1))
    with pytest.raises(TokenExpiredError):
        verified(late, token(keys, person()))


def test_ended_session_and_blocked_person_are_refused(
    session: Session, keys: PlatformKeys, embedded: Authenticator, person: Person
) -> None:
    one, two = person(), person()
    bearers = [verified(embedded, token(keys, each)) for each in (one, two)]
    assert one.session_id is not None
    end_session(session, id_of(one), one.session_id, utc_now())
    session.get_one(User, two.user_id).blocked_at = NOW
    session.flush()
    for bearer, error in zip(bearers, (SessionEndedError, BlockedError), strict=True):
        with pytest.raises(error):
            find_principal(session, bearer, utc_now())


def test_token_without_a_session_or_with_odd_ids_is_refused(
    session: Session, keys: PlatformKeys, embedded: Authenticator
) -> None:
    signing = keys.signing[0]
    for claims in ({"sub": "ali", "sid": str(uuid4())}, {"sub": str(uuid4())}, {"sub": str(uuid4()), "sid": "x"}):
        stated = {"iss": "urn:automart:embedded", "aud": "automart-api", "exp": int(NOW.timestamp()) + 60, **claims}
        made = jwt.encode({"alg": "ES256", "kid": signing.kid}, stated, signing, algorithms=["ES256"])
        with pytest.raises(InvalidTokenError):
            find_principal(session, verified(embedded, made), utc_now())


def test_secret_of_a_service_account_names_the_system(
    session: Session, embedded: Authenticator, outside: Authenticator, khan: Org, person: Person
) -> None:
    _, secret = add_service_account(session, person(khan, Role.ORG_ADMIN), khan, "erp", [READ_MEMBERS])
    for authenticator in (embedded, outside):
        system = find_principal(session, verified(authenticator, secret), NOW)
        assert system.service_account is not None
        assert system.service_account.org_code == "khan-motors"
        with pytest.raises(UnknownSecretError):
            find_principal(session, verified(authenticator, secret + "x"), NOW)


def test_outside_issuer_replaces_the_embedded_one(
    keys: PlatformKeys, embedded: Authenticator, outside: Authenticator, person: Person
) -> None:
    with pytest.raises(InvalidTokenError):
        verified(outside, token(keys, person()))
    with pytest.raises(InvalidTokenError):
        verified(embedded, outside_token("s-1"))


def test_new_outside_login_becomes_a_person_without_memberships(session: Session, outside: Authenticator) -> None:
    bearer = verified(outside, outside_token("s-1", organization=["khan-motors"]))
    first = find_principal(session, bearer, NOW)
    assert first.user_id is not None
    assert first.memberships == ()
    assert find_principal(session, bearer, NOW) == first
    assert find_principal(session, verified(outside, outside_token("s-2")), NOW).user_id != first.user_id


def test_ended_outside_session_is_refused_and_makes_nobody(session: Session, outside: Authenticator) -> None:
    session.add(EndedOutsideSession(issuer=OUTSIDE, session="s-1", ended_at=NOW, expires_at=NOW))
    session.flush()
    bearer = verified(outside, outside_token("s-1"))
    for _ in range(2):
        with pytest.raises(SessionEndedError):
            find_principal(session, bearer, NOW)
    assert find_principal(session, verified(outside, outside_token("s-1", sid="s-2")), NOW).user_id is not None


def test_parallel_first_requests_of_an_outside_login_make_one_person(
    session_factory: SessionFactory, outside: Authenticator
) -> None:
    bearer = verified(outside, outside_token("s-1"))

    def look_up(_: int) -> UUID | None:
        with transaction(session_factory) as session:
            return find_principal(session, bearer, NOW).user_id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(look_up, range(16)))) == 1
    with transaction(session_factory) as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1


def test_unreachable_issuer_is_told_apart_from_a_bad_token(keys: PlatformKeys) -> None:
    silent = Authenticator(EmbeddedIssuer(keys), outside_issuer(answers=False), lambda: NOW)
    with pytest.raises(IssuerUnavailableError):
        verified(silent, outside_token("s-1"))


@pytest.mark.parametrize("bearer", ["", "x", "a.b.c", "é" * 9, "a" * 20_000, "aut_rt_AAAA"])
def test_other_texts_are_refused_without_a_fetch(embedded: Authenticator, outside: Authenticator, bearer: str) -> None:
    attempts: tuple[Callable[[], object], ...] = (
        lambda: verified(embedded, bearer),
        lambda: verified(outside, bearer),
    )
    for attempt in attempts:
        with pytest.raises(AutomartError) as caught:
            attempt()
        assert caught.value.http_status == 401

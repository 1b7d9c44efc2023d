"""With an outside login service its tokens are taken, the platform's own are refused, and codes prove contacts only."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from api.app import create_app
from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.people import Login
from core.identity.contacts import phone
from core.processes import loopback
from core.settings import Settings
from tests.api.conftest import code_of, served
from tests.api.people import People

KEY = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)


class Issuer:
    """A login service on loopback that publishes one key."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                body = json.dumps(issuer.document(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def document(self, path: str) -> dict[str, Any]:
        if path.endswith("openid-configuration"):
            return {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
        return {"keys": [KEY.as_dict(private=False)]}

    def token(self, subject: str = "s-1", *, session: str = "sid-1", **claims: Any) -> dict[str, str]:
        now = int(utc_now().timestamp())
        stated = {"iss": self.address, "aud": "automart-api", "sub": subject, "sid": session, "exp": now + 60}
        header = {"alg": "ES256", "kid": claims.pop("kid", KEY.kid), "typ": "JWT"}
        return {"authorization": f"Bearer {jwt.encode(header, stated | claims, KEY, algorithms=['ES256'])}"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    running = Issuer()
    with loopback.served(running.server):
        yield running


@pytest.fixture(scope="module")
def outside(api_settings: Settings, issuer: Issuer) -> Iterator[httpx.Client]:
    with served(create_app(api_settings.model_copy(update={"oidc_issuer": issuer.address}))) as client:
        yield client


def test_outside_token_names_a_person_without_memberships(
    outside: httpx.Client, issuer: Issuer, people: People
) -> None:
    first = outside.get("/v1/me", headers=issuer.token())
    assert (first.status_code, first.json()["memberships"]) == (200, [])
    assert outside.get("/v1/me", headers=issuer.token()).json() == first.json()
    assert outside.get("/v1/me", headers=issuer.token("s-2")).json()["user_id"] != first.json()["user_id"]


def test_claim_narrows_memberships_and_never_widens(
    outside: httpx.Client, issuer: Issuer, people: People, session_factory: SessionFactory
) -> None:
    agent = people.person(("khan-motors", Role.SALES_AGENT), ("clifton-cars", Role.SALES_AGENT))
    with transaction(session_factory) as session:
        session.add(Login(issuer=issuer.address, subject="s-1", user_id=agent.user_id))
    for claim, expected in ((None, 2), (["khan-motors"], 1), (["another"], 0)):
        claims = {} if claim is None else {"organization": claim}
        me = outside.get("/v1/me", headers=issuer.token(**claims)).json()
        assert len(me["memberships"]) == expected


def test_tokens_of_the_embedded_issuer_are_refused(outside: httpx.Client, people: People) -> None:
    assert code_of(outside.get("/v1/me", headers=people.person().headers)) == (401, "invalid_token")
    assert outside.get("/.well-known/jwks.json").json() == {"keys": []}


def test_codes_prove_contacts_and_do_not_log_in(outside: httpx.Client, people: People) -> None:
    number = {"phone": "0300 1234567"}
    assert code_of(outside.post("/v1/auth/otp", json=number)) == (404, "login_elsewhere")
    body = {"refresh_token": "aut_rt_x"}
    assert code_of(outside.post("/v1/auth/refresh", json=body)) == (404, "login_elsewhere")
    sent = outside.post("/v1/auth/otp", json={**number, "purpose": "contact"}).json()
    code = people.messages(phone("0300 1234567"))[-1]["code"]
    body = {"request_id": sent["request_id"], "code": code}
    assert code_of(outside.post("/v1/auth/otp/verify", json=body)) == (404, "login_elsewhere")
    assert outside.post("/v1/auth/otp/verify", json={**body, "purpose": "contact"}).json()["proof"]


def test_session_that_was_ended_here_is_refused_with_its_unexpired_token(
    outside: httpx.Client, issuer: Issuer, people: People
) -> None:
    token, other = issuer.token(), issuer.token(session="sid-2")
    assert outside.get("/v1/me", headers=token).status_code == 200
    assert outside.post("/v1/auth/logout", headers=token).status_code == 204
    assert code_of(outside.get("/v1/me", headers=token)) == (401, "session_ended")
    assert outside.get("/v1/me", headers=other).status_code == 200
    assert outside.delete("/v1/me/sessions", headers=other).status_code == 204
    assert code_of(outside.get("/v1/me", headers=other)) == (401, "session_ended")


def test_id_token_and_expired_token_are_refused(outside: httpx.Client, issuer: Issuer) -> None:
    now = int(utc_now().timestamp())
    for claims, code in (
        ({"typ": "ID"}, "wrong_token_type"),
        ({"exp": now - 60}, "token_expired"),
        ({"aud": "another"}, "wrong_audience"),
        ({"iss": "https://another.example"}, "invalid_token"),
    ):
        assert code_of(outside.get("/v1/listings", headers=issuer.token(**claims))) == (401, code)


def test_random_key_ids_cause_one_fetch_at_most(outside: httpx.Client, issuer: Issuer) -> None:
    outside.get("/v1/listings", headers=issuer.token())
    before = len(issuer.asked)
    for number in range(200):
        assert code_of(outside.get("/v1/listings", headers=issuer.token(kid=f"k-{number}"))) == (401, "invalid_token")
    assert len(issuer.asked) - before <= 2  # discovery and keys, once in a cooldown


@pytest.mark.slow
def test_issuer_that_does_not_answer_is_an_outage(api_settings: Settings, issuer: Issuer) -> None:
    silent = api_settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:1"})
    with served(create_app(silent)) as client:
        assert code_of(client.get("/v1/listings", headers=issuer.token())) == (503, "issuer_unavailable")
        assert client.get("/healthz").status_code == 200

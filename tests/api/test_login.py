"""People log in with a code, stay logged in, and log out, over HTTP."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.identity.contacts import email, phone
from tests.api.conftest import code_of
from tests.api.people import People

NUMBER = phone("0300 1234567")
DEVICE = {"X-Device-ID": "6f1c2d3e4b5a6978"}


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {tokens['access_token']}"}


def asked(client: httpx.Client, **body: str) -> httpx.Response:
    return client.post("/v1/auth/otp", json=body, headers=DEVICE)


def verified(client: httpx.Client, request_id: str, code: str, purpose: str = "login") -> httpx.Response:
    body = {"request_id": request_id, "code": code, "purpose": purpose}
    return client.post("/v1/auth/otp/verify", json=body, headers=DEVICE)


def logged_in(client: httpx.Client, people: People) -> dict[str, Any]:
    request_id = asked(client, phone="0300-1234567").json()["request_id"]
    answer = verified(client, request_id, people.messages(NUMBER)[-1]["code"])
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def test_code_logs_in_and_tells_who_one_is(client: httpx.Client, people: People) -> None:
    tokens = logged_in(client, people)
    assert (tokens["token_type"], tokens["expires_in"], tokens["proof"]) == ("Bearer", 600, None)
    me = client.get("/v1/me", headers=bearer(tokens)).json()
    assert (me["kind"], me["memberships"]) == ("person", [])
    assert me["contacts"] == [{"kind": "phone", "value": "+923001234567"}]
    keys = KeySet.import_key_set(client.get("/.well-known/jwks.json").json())
    assert jwt.decode(tokens["access_token"], keys, algorithms=["ES256"]).claims["sub"] == me["user_id"]


def test_code_is_used_once_and_wrong_ones_are_counted(
    client: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    request_id = asked(client, phone="0300 1234567").json()["request_id"]
    code = people.messages(NUMBER)[-1]["code"]
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert code_of(verified(client, request_id, wrong)) == (401, "wrong_code")
    with transaction(session_factory) as session:
        assert session.execute(text("SELECT wrong FROM otp_guesses")).scalar_one() == 1
    assert verified(client, request_id, code).status_code == 200
    assert code_of(verified(client, request_id, code)) == (401, "wrong_code")
    assert code_of(verified(client, str(uuid4()), code)) == (401, "wrong_code")


def test_twenty_first_wrong_guess_of_a_day_is_refused(
    client: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    request_id = asked(client, phone="0300 1234567").json()["request_id"]
    code = people.messages(NUMBER)[-1]["code"]
    outcomes = [code_of(verified(client, request_id, "x"))[1] for _ in range(21)]
    assert outcomes == ["wrong_code"] * 20 + ["too_many_guesses"]
    answer = verified(client, request_id, code)
    assert code_of(answer) == (429, "too_many_guesses")
    assert int(answer.headers["retry-after"]) > 0


def test_answer_is_the_same_for_known_and_unknown_contacts(client: httpx.Client, people: People) -> None:
    people.person(contact=phone("0301 7654321"))
    known, unknown = asked(client, phone="0301 7654321"), asked(client, phone="0302 7654321")
    for answer in (known, unknown):
        assert answer.status_code == 202
        assert (answer.json()["expires_in"], answer.json()["resend_in"]) == (300, 60)
    again = [code_of(asked(client, phone=number)) for number in ("0301 7654321", "0302 7654321")]
    assert again == [(429, "code_sent_recently")] * 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"phone": "12"}, "invalid_request"),
        ({"phone": "12345"}, "bad_phone"),
        ({"email": "no-address"}, "bad_email"),
        ({}, "invalid_request"),
        ({"phone": "0300 1234567", "email": "a@example.pk"}, "invalid_request"),
        ({"phone": "+44 7911 123456"}, "country_not_served"),
        ({"phone": "0300 1234567", "purpose": "sell"}, "invalid_request"),
    ],
)
def test_contact_that_gets_no_code_is_refused(client: httpx.Client, body: dict[str, str], code: str) -> None:
    assert code_of(asked(client, **body)) == (422, code)


def test_code_of_purpose_contact_gives_a_proof_and_no_session(client: httpx.Client, people: People) -> None:
    request_id = asked(client, email="Ali@Example.pk", purpose="contact").json()["request_id"]
    code = people.messages(email("ali@example.pk"))[-1]["code"]
    assert code_of(verified(client, request_id, code)) == (401, "wrong_code")
    answer = verified(client, request_id, code, "contact").json()
    assert (answer["access_token"], answer["refresh_token"], answer["expires_in"]) == (None, None, 900)
    assert answer["proof"]


def test_refresh_gives_the_next_tokens_and_the_same_again_for_a_lost_answer(
    client: httpx.Client, people: People
) -> None:
    first = logged_in(client, people)
    answers = [client.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]}).json() for _ in "12"]
    assert answers[0]["refresh_token"] == answers[1]["refresh_token"] != first["refresh_token"]
    assert client.get("/v1/me", headers=bearer(answers[0])).status_code == 200
    assert code_of(client.post("/v1/auth/refresh", json={"refresh_token": "aut_rt_x"})) == (
        401,
        "invalid_refresh_token",
    )


def test_late_reuse_ends_the_session_for_good(
    client: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    first = logged_in(client, people)
    second = client.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]}).json()
    with transaction(session_factory) as session:
        session.execute(text("UPDATE sessions SET refreshed_at = refreshed_at - interval '31 seconds'"))
    reused = client.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert code_of(reused) == (401, "refresh_token_reused")
    refused = client.post("/v1/auth/refresh", json={"refresh_token": second["refresh_token"]})
    assert code_of(refused) == (401, "invalid_refresh_token")
    assert code_of(client.get("/v1/me", headers=bearer(second))) == (401, "session_ended")


def test_logout_ends_the_session_by_either_token(client: httpx.Client, people: People) -> None:
    tokens = logged_in(client, people)
    assert client.post("/v1/auth/logout", headers=bearer(tokens)).status_code == 204
    assert code_of(client.get("/v1/me", headers=bearer(tokens))) == (401, "session_ended")
    other = people.person()
    assert client.get("/v1/me", headers=other.headers).status_code == 200
    assert code_of(client.post("/v1/auth/logout")) == (401, "login_needed")


def test_logout_by_the_refresh_token_alone(client: httpx.Client, people: People) -> None:
    tokens = logged_in(client, people)
    body = {"refresh_token": tokens["refresh_token"]}
    assert client.post("/v1/auth/logout", json=body).status_code == 204
    assert code_of(client.post("/v1/auth/refresh", json=body)) == (401, "invalid_refresh_token")


def test_sessions_are_listed_and_ended_by_their_owner(client: httpx.Client, people: People) -> None:
    tokens, stranger = logged_in(client, people), people.person()
    (mine,) = client.get("/v1/me/sessions", headers=bearer(tokens)).json()["sessions"]
    assert (mine["current"], mine["network"]) == (True, "127.0.0.0/24")
    for session_id in (stranger.session_id, uuid4()):
        answer = client.delete(f"/v1/me/sessions/{session_id}", headers=bearer(tokens))
        assert code_of(answer) == (404, "unknown_session")
    assert client.get("/v1/me", headers=stranger.headers).status_code == 200
    assert client.delete(f"/v1/me/sessions/{mine['session_id']}", headers=bearer(tokens)).status_code == 204
    assert code_of(client.get("/v1/me", headers=bearer(tokens))) == (401, "session_ended")
    assert client.delete("/v1/me/sessions", headers=stranger.headers).status_code == 204
    assert code_of(client.get("/v1/me", headers=stranger.headers)) == (401, "session_ended")

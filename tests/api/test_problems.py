"""Any input gets a problem with a stable code, never a 500."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr

from api.app import create_app
from api.errors import Problem
from core.db.session import SessionFactory, transaction
from core.identity.orgs import add_org
from core.settings import Settings
from serving.feeds.senders import add_sender
from tests.api.conftest import Add, served
from tests.api.contract import contract_of
from tests.api.example_requests import example_requests
from tests.api.people import any_access_token
from tests.examples import examples

pytestmark = pytest.mark.slow

HUGE = "9" * 5000
QUOTE = {"make": "Toyota", "model": "Corolla", "model_year": 2018}
QUERIES: list[tuple[str, str]] = [
    ("q=%00", "invalid_text"),
    ("make=Toy%00ota", "invalid_text"),
    ("q=" + "x" * 201, "invalid_request"),
    ("colour=red", "unknown_parameter"),
    ("%00=1", "unknown_parameter"),
    ("%F0%9F%9A%97=1", "unknown_parameter"),
    ("limit=0", "invalid_request"),
    ("limit=101", "invalid_request"),
    ("limit=1e2", "invalid_request"),
    ("limit=1_0", "invalid_request"),
    ("limit=5.0", "invalid_request"),
    ("limit=%205", "invalid_request"),
    ("limit=+5", "invalid_request"),
    ("limit=true", "invalid_request"),
    ("limit=%D9%A5", "invalid_request"),
    ("year_min=2_015", "invalid_request"),
    ("price_max=1e7", "invalid_request"),
    ("limit=5&limit=6", "repeated_parameter"),
    ("price_min=NaN", "invalid_request"),
    ("price_min=Infinity", "invalid_request"),
    ("price_min=-1", "invalid_request"),
    (f"price_min={10**30}", "invalid_request"),
    (f"year_min={HUGE}", "invalid_request"),
    ("price_min=", "invalid_request"),
    ("price_min=2&price_max=1", "invalid_range"),
    ("fuel=steam", "invalid_request"),
    ("sort=cheapest", "invalid_request"),
    ("facets=visibility", "invalid_request"),
    ("make=", "invalid_request"),
    ("&".join(["city=Lahore"] * 51), "invalid_request"),
    ("near=NaN,74.3", "invalid_request"),
    ("near=31.5,inf", "invalid_request"),
    ("near=31.5", "invalid_request"),
    ("near=31.5,74.3,1", "invalid_request"),
    ("near=91,74.3", "invalid_point"),
    (f"near={HUGE},1", "invalid_request"),
    ("near=31.5,74.3&near_city=Lahore", "two_origins"),
    ("near_city=Atlantis", "unknown_city"),
    ("near_city=%00", "invalid_text"),
    ("radius_km=50", "missing_origin"),
    ("near_city=Lahore&radius_km=NaN", "invalid_request"),
    ("near_city=Lahore&radius_km=-1", "invalid_request"),
    ("near_city=Lahore&radius_km=1e999", "invalid_request"),
    ("near_city=Lahore&radius_km=1_0", "invalid_request"),
    ("near_city=Lahore&radius_km=20001", "invalid_request"),
    ("sort=distance", "missing_origin"),
    ("deal_rating=cheap", "invalid_request"),
    ("has_photos=maybe", "invalid_request"),
    ("cursor=x", "invalid_cursor"),
    ("cursor=", "invalid_cursor"),
    ("cursor=%00%ff", "invalid_cursor"),
    ("cursor=" + "A" * 3000, "invalid_cursor"),
]
BODIES: list[tuple[bytes, str, int, str]] = [
    (b"{", "application/json", 400, "invalid_json"),
    (b"", "application/json", 422, "invalid_request"),
    (b"[" * 60_000, "application/json", 400, ""),
    (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "application/json", 400, "malformed_request"),
    (b"\xff\xfe", "application/json", 400, ""),
    (b"null", "application/json", 422, "invalid_request"),
    (b"NaN", "application/json", 422, "invalid_request"),
    (b"1" * 5000, "application/json", 400, ""),
    (b"x" * 70_000, "application/json", 413, "body_too_large"),
    (b"{}", "text/plain", 415, "not_json"),
    (b"{}", "", 415, "not_json"),
    (b"{}", "application/jsonx", 415, "not_json"),
]


def problem_of(answer: Any) -> Problem:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate(answer.json())
    assert problem.status == answer.status_code
    assert problem.type == f"urn:automart:problem:{problem.code}"
    assert problem.detail
    return problem


@pytest.mark.parametrize(("query", "code"), QUERIES)
def test_bad_query_is_a_422_with_its_code(client: httpx.Client, query: str, code: str) -> None:
    answer = client.get(f"/v1/listings?{query}")
    assert answer.status_code == 422
    assert problem_of(answer).code == code


@pytest.mark.parametrize(("body", "kind", "status", "code"), BODIES)
def test_bad_body_is_a_problem(client: httpx.Client, body: bytes, kind: str, status: int, code: str) -> None:
    answer = client.post("/v1/price-bands", content=body, headers={"content-type": kind} if kind else {})
    problem = problem_of(answer)
    assert (answer.status_code, problem.code) == (status, code or problem.code)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/listings/x",
        "/v1/listings/%00",
        "/v1/listings/%ff",
        "/v1/listings/" + "9" * 3000,
        "/v1/listings/1/price-band",
    ],
)
def test_bad_id_is_a_422(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, problem_of(answer).code) == (422, "invalid_request")


def test_unknown_things_are_problems_too(client: httpx.Client) -> None:
    for method, path, status, code in (
        ("GET", "/v2/listings", 404, "not_found"),
        ("GET", "/%00", 404, "not_found"),
        ("DELETE", "/v1/listings", 405, "method_not_allowed"),
        ("GET", f"/v1/listings/{uuid4()}", 404, "listing_not_found"),
        ("GET", f"/v1/listings/{uuid4()}/price-band", 404, "listing_not_found"),
        ("GET", f"/v1/listings/{uuid4()}?q=1", 422, "unknown_parameter"),
        ("GET", "/healthz?verbose=1", 422, "unknown_parameter"),
    ):
        answer = client.request(method, path)
        assert (answer.status_code, problem_of(answer).code) == (status, code), path


def test_bug_is_a_500_that_says_nothing(api_settings: Settings) -> None:
    app = create_app(api_settings)

    @app.get("/broken", include_in_schema=False)
    def broken() -> None:
        raise ZeroDivisionError("secret")

    with served(app) as client:
        answer = client.get("/broken")
    assert (answer.status_code, problem_of(answer).code) == (500, "internal_error")
    assert "secret" not in answer.text


def test_database_that_does_not_answer_is_a_503(settings: Settings) -> None:
    gone = settings.model_copy(update={"database_url": SecretStr("postgresql://nobody@127.0.0.1:1/nothing")})
    with served(create_app(gone)) as client:
        answer = client.get(f"/v1/listings/{uuid4()}")
        assert (answer.status_code, problem_of(answer).code) == (503, "database_unavailable")
        assert answer.headers["retry-after"] == "5"
        ready = client.get("/readyz")
        assert (ready.status_code, problem_of(ready).code) == (503, "not_ready")
        assert [one["where"] for one in ready.json()["errors"]] == ["database", "search"]
        assert "127.0.0.1" not in ready.text
        assert client.get("/healthz").status_code == 200


NEEDS_NO_DATABASE = {
    "/healthz": 200,
    "/v1/event-schemas": 200,
    "/.well-known/jwks.json": 200,
    "/v1/auth/refresh": 401,  # the token of the example is none of ours, which the keys alone tell
    "/v1/auth/logout": 204,
}
REFUSED_BEFORE = {"PUT /v1/photo-uploads/{upload_id}": 403}  # the signature of the example is none of ours


def test_every_operation_documents_its_outages(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client holds each answer to the contract."""
    for name, value in {
        "ENDPOINT": "http://127.0.0.1:1",
        "ALLOW_HTTP": "true",
        "ACCESS_KEY_ID": "nobody",
        "SECRET_ACCESS_KEY": "nothing",
        "REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    address = SecretStr("postgresql://nobody@127.0.0.1:1/nothing")
    app = create_app(settings.model_copy(update={"database_url": address, "storage_url": "s3://bucket/prefix"}))
    with served(app) as client:
        for one in example_requests(contract_of(app), any_access_token(settings)):
            answer = client.request(one.method, one.path, headers=one.headers, content=one.content)
            if one.path in NEEDS_NO_DATABASE:
                assert answer.status_code == NEEDS_NO_DATABASE[one.path], answer.text
                continue
            if one.operation in REFUSED_BEFORE:
                assert answer.status_code == REFUSED_BEFORE[one.operation], answer.text
                continue
            assert answer.status_code == 503, (one.operation, answer.text)
            assert int(answer.headers["retry-after"]) > 0
            assert [word for word in ("127.0.0.1", "bucket", "nobody", "Debug") if word in answer.text] == []


def test_storage_that_is_away_is_a_503_without_its_address(
    client: httpx.Client, settings: Settings, session_factory: SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"ENDPOINT": "http://127.0.0.1:1", "ALLOW_HTTP": "true", "ACCESS_KEY_ID": "x",
                        "SECRET_ACCESS_KEY": "y", "REGION": "us-east-1"}.items():  # fmt: skip
        monkeypatch.setenv(f"AWS_{name}", value)
    with transaction(session_factory) as session:
        token = add_sender(session, add_org(session, "khan-motors", "Khan", default_mapping="showroom"), "tests")
    with served(create_app(settings.model_copy(update={"storage_url": "s3://bucket/prefix"}))) as away:
        answer = away.put(
            "/v1/feeds/khan-motors/files", content=b"Make,Model\n", headers={"Authorization": f"Bearer {token}"}
        )
        assert (answer.status_code, problem_of(answer).code) == (503, "storage_unavailable")
        ready = away.get("/readyz")
        assert [one["where"] for one in ready.json()["errors"]] == ["storage", "search"]
        for text in (answer.text, ready.text):
            assert [word for word in ("127.0.0.1", "bucket", "Debug", "S3") if word in text] == []


def test_no_text_in_a_query_is_a_500(client: httpx.Client, add: Add) -> None:
    car = add()
    names = st.sampled_from(
        ["q", "make", "city", "dealer", "cursor", "price_min", "year_max", "limit", "sort", "facets",
         "near", "near_city", "radius_km", "deal_rating", "has_photos", "has_good_photos", "highlight"]
    )  # fmt: skip
    values = st.text() | st.integers().map(str) | st.floats().map(str)

    @given(st.lists(st.tuples(names | st.text(min_size=1), values), max_size=4), st.text(max_size=20))
    @hypothesis_settings(max_examples=examples(120), deadline=None)
    def probe(params: list[tuple[str, str]], tail: str) -> None:
        sound = [(name.encode(errors="replace"), value.encode(errors="replace")) for name, value in params]
        for path in ("/v1/listings", "/v1/listings/suggest", f"/v1/listings/{car}/similar"):
            answer = client.get(path, params=sound)
            assert answer.status_code in (200, 422)
            if answer.status_code == 422:
                problem_of(answer)

    probe()


def test_no_json_body_is_a_500(client: httpx.Client) -> None:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(categories=None))
    anything = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    )
    fields = st.sampled_from(["make", "model", "model_year", "mileage_km", "fuel", "city", "engine_cc", "\ud800", "x"])

    @given(anything | st.dictionaries(fields, anything).map(lambda extra: QUOTE | extra))
    @hypothesis_settings(max_examples=examples(120), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def probe(body: object) -> None:
        content = json.dumps(body, ensure_ascii=True).encode()
        answer = client.post("/v1/price-bands", content=content, headers={"content-type": "application/json"})
        assert answer.status_code in (200, 400, 413, 422)
        if answer.status_code != 200:
            problem_of(answer)

    probe()

"""Limits over HTTP: headers, refusals, devices, proxies, and pages of named origins."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest

from api.app import create_app
from api.middleware.cors import BadOriginError
from core.access.roles import Role
from core.rate_limits.addresses import BadProxyError
from core.settings import Settings
from serving.identity.logins.authentication import Authenticator, VerifiedBearer
from tests.api.conftest import served
from tests.api.people import People

pytestmark = pytest.mark.slow

WRONG = {"request_id": "01932c07-0000-7000-8000-000000000001", "code": "123456", "purpose": "login"}
Serve = Callable[..., AbstractContextManager[httpx.Client]]


@pytest.fixture
def serve(api_settings: Settings, session_factory) -> Serve:
    @contextmanager
    def serving(**changes: str) -> Iterator[httpx.Client]:
        settings = api_settings.model_copy(update=changes)
        with served(create_app(settings), settings) as client:
            yield client

    return serving


def verify(client: httpx.Client, device: str | None = None, **headers: str) -> httpx.Response:
    named = {} if device is None else {"X-Device-ID": device}
    return client.post("/v1/auth/otp/verify", json=WRONG, headers=named | headers)


def test_device_may_guess_twenty_times_and_is_told_where_it_stands(serve: Serve) -> None:
    with serve() as client:
        device = verify(client).headers["X-Device-ID"]
        answers = [verify(client, device) for _ in range(21)]
        assert [answer.status_code for answer in answers] == [401] * 20 + [429]
        assert [answer.headers["RateLimit-Remaining"] for answer in answers[:3]] == ["19", "18", "17"]
        assert answers[0].headers["RateLimit-Policy"] == "20;w=600"
        assert "X-Device-ID" not in answers[0].headers
        refused = answers[20]
        assert refused.json()["code"] == "rate_limited"
        assert 0 < int(refused.headers["Retry-After"]) <= 600
        assert refused.headers["RateLimit-Remaining"] == "0"
        assert verify(client, verify(client).headers["X-Device-ID"]).status_code == 401  # another device goes on


def test_forged_device_is_counted_with_those_that_have_none(serve: Serve) -> None:
    with serve() as client:
        ours = verify(client).headers["X-Device-ID"]
        forged = verify(client, f"{'0' * 32}.{ours.partition('.')[2]}")
        assert forged.headers["RateLimit-Policy"] == "600;w=600"
        assert forged.headers["RateLimit-Remaining"] == "598"
        assert "X-Device-ID" in forged.headers


def test_two_processes_count_together(serve: Serve) -> None:
    with serve() as first, serve() as second:
        device = verify(first).headers["X-Device-ID"]
        passed = [verify(client, device).status_code for _ in range(12) for client in (first, second)]
        assert passed.count(401) == 20


def test_forwarded_address_counts_behind_a_named_proxy_alone(serve: Serve) -> None:
    with serve(trusted_proxies="127.0.0.0/8") as client:
        for number in range(3):
            answer = verify(client, **{"X-Forwarded-For": f"8.8.8.8, 203.0.113.{number}"})
            assert answer.headers["RateLimit-Remaining"] == "599"
    with serve() as client:
        answers = [verify(client, **{"X-Forwarded-For": f"198.51.100.{number}"}) for number in range(3)]
        assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["599", "598", "597"]


def test_token_is_verified_once_for_the_limit_and_for_the_operation(
    client: httpx.Client, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = people.person(("khan-motors", Role.ORG_ADMIN))
    verified: list[str] = []
    verify_token = Authenticator.verify

    async def counted(self: Authenticator, bearer: str) -> VerifiedBearer:
        verified.append(bearer)
        return await verify_token(self, bearer)

    monkeypatch.setattr(Authenticator, "verify", counted)
    answer = client.get("/v1/audit?subject=user:1", headers=admin.headers)
    assert answer.status_code == 200
    assert answer.headers["RateLimit-Limit"] == "60"
    assert verified == [admin.token]


def test_operation_without_a_limit_says_nothing_of_limits(serve: Serve) -> None:
    with serve() as client:
        assert not [name for name in client.get("/healthz").headers if name.startswith("ratelimit")]


def test_pages_of_named_origins_may_call_and_others_may_not(serve: Serve) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,x-device-id"}
    with serve(web_origins="https://automart.pk, https://autotrader.pk/") as client:
        for origin in ("https://automart.pk", "https://autotrader.pk"):
            preflight = client.options("/v1/me", headers={"Origin": origin} | asks)
            assert preflight.status_code == 200
            assert preflight.headers["access-control-allow-origin"] == origin
            refused = verify(client, Origin=origin)
            assert refused.headers["access-control-allow-origin"] == origin
            assert "RateLimit-Remaining" in refused.headers["access-control-expose-headers"]
            assert "access-control-allow-credentials" not in refused.headers
        stranger = client.options("/v1/me", headers={"Origin": "https://evil.example"} | asks)
        assert "access-control-allow-origin" not in stranger.headers
    with serve() as client:
        assert "access-control-allow-origin" not in verify(client, Origin="https://automart.pk").headers


@pytest.mark.parametrize("origins", ["*", "automart.pk", "https://automart.pk/path", "https://*.automart.pk"])
def test_origin_that_is_none_stops_the_start(api_settings: Settings, origins: str) -> None:
    with pytest.raises(BadOriginError):
        create_app(api_settings.model_copy(update={"web_origins": origins}))


def test_proxy_that_is_no_address_stops_the_start(api_settings: Settings) -> None:
    with pytest.raises(BadProxyError):
        create_app(api_settings.model_copy(update={"trusted_proxies": "proxy"}))

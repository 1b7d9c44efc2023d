"""Keys are fetched when needed, once, and go on being used for a while without their issuer."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from joserfc.jwk import ECKey

from core.identity.tokens.errors import IssuerUnavailableError
from core.identity.tokens.key_source import KeySource, KeyTimes

ISSUER = "https://login.example/realms/automart"
TIMES = KeyTimes(fresh=300, stale=3_600, cooldown=15)
KEYS = {
    name: ECKey.generate_key("P-256", {"kid": name}, private=True).as_dict(private=False) for name in ("one", "two")
}


class Issuer:
    """A login service that publishes some keys, or does not answer."""

    def __init__(self) -> None:
        self.published = ["one"]
        self.calls: Counter[str] = Counter()
        self.down = False
        self.slow: asyncio.Event | None = None
        self.now = 1_000.0
        self.names = ISSUER

    async def fetch(self, address: str) -> Mapping[str, Any]:
        self.calls[address.rsplit("/", 1)[1]] += 1
        if self.slow is not None:
            await self.slow.wait()
        if self.down:
            raise OSError("connection refused")
        if address.endswith("openid-configuration"):
            return {"issuer": self.names, "jwks_uri": f"{ISSUER}/certs"}
        return {"keys": [KEYS[name] for name in self.published]}

    def source(self) -> KeySource:
        return KeySource(ISSUER, self.fetch, TIMES, clock=lambda: self.now)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def known(source: KeySource, key_id: str) -> set[str]:
    return set(asyncio.run(source.keys_for(key_id)))


def test_keys_are_fetched_once_while_they_are_fresh(issuer: Issuer) -> None:
    source = issuer.source()
    for _ in range(10):
        assert known(source, "one") == {"one"}
        issuer.now += 29
    assert issuer.calls["certs"] == 1
    issuer.now += 20
    known(source, "one")
    assert issuer.calls["certs"] == 2


def test_new_key_is_found_at_its_first_use(issuer: Issuer) -> None:
    source = issuer.source()
    known(source, "one")
    issuer.published, issuer.now = ["one", "two"], issuer.now + 15
    assert known(source, "two") == {"one", "two"}


def test_ten_thousand_random_key_ids_cause_one_fetch_in_a_cooldown(issuer: Issuer) -> None:
    async def ask() -> None:
        source = issuer.source()
        await source.keys_for("one")
        issuer.now += 15
        await asyncio.gather(*(source.keys_for(f"random-{number}") for number in range(10_000)))

    asyncio.run(ask())
    assert issuer.calls["certs"] == 2


def test_known_keys_go_on_while_the_issuer_is_away_but_not_for_ever(issuer: Issuer) -> None:
    source = issuer.source()
    known(source, "one")
    issuer.down = True
    issuer.now += TIMES.fresh + TIMES.stale - 1
    assert known(source, "one") == {"one"}
    issuer.now += 1
    with pytest.raises(IssuerUnavailableError):
        known(source, "one")
    issuer.down, issuer.now = False, issuer.now + TIMES.cooldown
    assert known(source, "one") == {"one"}


def test_issuer_that_never_answered_is_asked_once_in_a_cooldown(issuer: Issuer) -> None:
    issuer.down, source = True, issuer.source()
    for _ in range(5):
        with pytest.raises(IssuerUnavailableError):
            known(source, "one")
    assert issuer.calls["openid-configuration"] == 1


def test_callers_with_a_known_key_do_not_wait_for_a_fetch(issuer: Issuer) -> None:
    async def ask() -> None:
        source = issuer.source()
        await source.keys_for("one")
        issuer.now += TIMES.fresh
        issuer.slow = asyncio.Event()
        waiting = asyncio.create_task(source.keys_for("one"))
        await asyncio.sleep(0)
        assert set(await asyncio.wait_for(source.keys_for("one"), 1)) == {"one"}
        issuer.slow.set()
        await waiting

    asyncio.run(ask())


def test_keys_of_an_issuer_with_another_name_are_not_taken(issuer: Issuer) -> None:
    issuer.names = "https://evil.example"
    with pytest.raises(IssuerUnavailableError):
        known(issuer.source(), "one")


def test_empty_key_set_does_not_replace_known_keys(issuer: Issuer) -> None:
    source = issuer.source()
    known(source, "one")
    issuer.published, issuer.now = [], issuer.now + TIMES.fresh
    assert known(source, "one") == {"one"}

"""Keys change while requests run: a key that was announced refuses nothing, another one for a cooldown at most."""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from tests.keycloak.forgery import COOLDOWN
from tests.keycloak.login import access_token
from tests.keycloak.server import Keycloak
from tests.keycloak.tokens import me, part, require, with_header

PERSON = "buyer@example.com"
SLACK = 3.0


@contextmanager
def requests_running(base: httpx.URL, token: Callable[[], str]) -> Iterator[Counter[int]]:
    """Keep two callers asking with the current token; return their answers by status."""
    answers: Counter[int] = Counter()
    ended = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=base, timeout=30, trust_env=False) as client:
            while not ended.is_set():
                answers[me(client, token()).status_code] += 1

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def announced_key_refuses_nothing(keycloak: Keycloak, client: httpx.Client) -> None:
    """The new key is published as passive, then made active."""
    token = access_token(keycloak.issuer, "web-automart", PERSON)
    old = part(token, 0)["kid"]
    key = keycloak.add_signing_key(200, active=False)
    with requests_running(client.base_url, lambda: token) as answers:
        # Processes see a published key within the five minutes for which keys are fresh; an unknown kid hastens that.
        _wait_for_fetch(keycloak, client, token)
        keycloak.activate_signing_key(key, 200)
        for _ in range(10):
            token = access_token(keycloak.issuer, "web-automart", PERSON)
            require(me(client, token).status_code == 200, "the first request with a token of an announced key")
    require(part(token, 0)["kid"] != old, "the announced key signs")
    require(set(answers) == {200}, f"answers while an announced key took over: {dict(answers)}")
    print(f"A key that was announced takes over: {answers[200]} requests meanwhile, none refused.")


def key_that_signs_at_once_waits_one_cooldown(keycloak: Keycloak, client: httpx.Client) -> str:
    """It signs before anybody has seen it, in the midst of random kids that use up each fetch."""
    old = access_token(keycloak.issuer, "web-automart", PERSON)
    forged = [with_header(old, kid=secrets.token_urlsafe(16)) for _ in range(1_000)]
    with (
        requests_running(client.base_url, lambda: old) as known,
        requests_running(client.base_url, lambda: secrets.choice(forged)) as flood,
    ):
        while not flood[401]:
            time.sleep(0.05)
        keycloak.add_signing_key(300)
        new = access_token(keycloak.issuer, "web-automart", PERSON)
        began, refused = time.monotonic(), 0
        while me(client, new).status_code != 200:
            refused += 1
            waited = time.monotonic() - began
            require(waited < COOLDOWN + SLACK, f"tokens of the new key are refused after {waited:.0f} s")
            time.sleep(0.1)
        waited = time.monotonic() - began
    require(part(old, 0)["kid"] != part(new, 0)["kid"], "the new key signs")
    require(set(known) == {200}, f"answers to tokens of the old key: {dict(known)}")
    require(set(flood) == {401}, f"answers to random kids: {dict(flood)}")
    print(
        f"A key that signs at once is believed after {waited:.1f} s ({refused} refusals; cooldown {COOLDOWN:.0f} s)"
        f" in a flood of {flood[401]} random kids; {known[200]} requests with the old key meanwhile, none refused."
    )
    return new


def _wait_for_fetch(keycloak: Keycloak, client: httpx.Client, token: str) -> None:
    fetched, deadline = keycloak.key_fetches(), time.monotonic() + COOLDOWN + SLACK
    while keycloak.key_fetches() == fetched:
        require(time.monotonic() < deadline, "an unknown kid has the keys fetched within a cooldown")
        me(client, with_header(token, kid=secrets.token_urlsafe(16)))
        time.sleep(0.2)
    time.sleep(0.5)  # the answer of that fetch

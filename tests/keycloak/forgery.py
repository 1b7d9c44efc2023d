"""Forged tokens against the API: random key ids, confused algorithms, clocks that differ."""

import hmac
import secrets
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
from joserfc.jwk import RSAKey

from core.errors import UnauthenticatedError
from core.identity.tokens.key_source import KeyTimes
from core.identity.tokens.signing_keys import signing_keys
from core.identity.tokens.verify import TokenRules, verify_access_token
from tests.keycloak.server import Keycloak
from tests.keycloak.tokens import encoded, me, part, require, with_header

FORGED_KIDS = 10_000
COOLDOWN = KeyTimes().cooldown


def random_key_ids_are_refused(keycloak: Keycloak, client: httpx.Client, token: str) -> None:
    answers: Counter[int] = Counter()
    fetched, began = keycloak.key_fetches(), time.monotonic()
    for _ in range(FORGED_KIDS):
        answers[me(client, with_header(token, kid=secrets.token_urlsafe(16))).status_code] += 1
    took = time.monotonic() - began
    fetches, most = keycloak.key_fetches() - fetched, int(took / COOLDOWN) + 1
    require(set(answers) == {401}, f"random kids: {answers}")
    require(1 <= fetches <= most, f"{fetches} fetches of the keys in {took:.0f} s, at most {most}")
    print(f"{FORGED_KIDS:,} random kids are refused in {took:.0f} s; the keys are fetched {fetches} times of {most}.")


def confused_algorithms_are_refused(client: httpx.Client, keys: list[dict[str, str]], token: str) -> None:
    require(me(client, token).status_code == 200, "the true token")
    forged = [with_header(token, alg=name) for name in ("none", "None", "ES256", "RS512", "PS256", "HS256")]
    forged.append(with_header(token, alg="none").rsplit(".", 1)[0] + ".")
    key = next(key for key in keys if key["kid"] == part(token, 0)["kid"])
    public = RSAKey.import_key({name: key[name] for name in ("kty", "n", "e")})
    for secret in (public.as_pem(private=False), public.as_der(private=False), key["n"].encode()):
        signed = ".".join(with_header(token, alg="HS256").split(".")[:2])
        forged.append(f"{signed}.{encoded(hmac.digest(secret, signed.encode(), 'sha256'))}")
    for one in forged:
        answer = me(client, one)
        require(answer.status_code == 401, f"{part(one, 0)['alg']}: {answer.status_code}")
    print(f"{len(forged)} tokens of confused algorithms are refused, 3 of them signed with the public key as a secret.")


def clocks_may_differ_by_the_leeway(keys: list[dict[str, str]], issuer: str, token: str) -> None:
    rules, claims = TokenRules(issuer, frozenset({"automart-api"})), part(token, 1)
    second, known = timedelta(seconds=1), signing_keys({"keys": keys})
    starts, ends = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
    for moment, taken in (
        (starts - rules.leeway, True),
        (starts - rules.leeway - second, False),
        (ends + rules.leeway - second, True),
        (ends + rules.leeway, False),
    ):
        try:
            verify_access_token(token, known, rules, moment)
            accepted = True
        except UnauthenticatedError:
            accepted = False
        require(accepted == taken, f"a clock at {moment}, the token from {starts} to {ends}")
    print(f"A clock may be off by {rules.leeway.seconds} s either way, and by no second more.")

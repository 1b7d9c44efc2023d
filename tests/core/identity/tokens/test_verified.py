"""A kept token saves the verification and nothing else; forged tokens are not kept, and the number is bounded."""

import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from core.errors import UnauthenticatedError
from core.identity.tokens import verified
from core.identity.tokens.claims import Claims
from core.identity.tokens.errors import InvalidTokenError, TokenExpiredError
from core.identity.tokens.signing_keys import signing_keys
from core.identity.tokens.verified import LONGEST_KEPT, MOST_TOKENS, VerifiedTokens
from core.identity.tokens.verify import TokenRules

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
KEY = ECKey.generate_key("P-256", {"kid": "ec", "alg": "ES256"}, private=True)
PUBLISHED = {"keys": [KEY.as_dict(private=False)]}
KEYS = signing_keys(PUBLISHED)
RULES = TokenRules("https://login.example", frozenset({"api"}))


def signed(subject: str = "person", **claims: Any) -> str:
    stated = {
        "iss": RULES.issuer,
        "aud": "api",
        "sub": subject,
        "nbf": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 300,
    }
    return jwt.encode({"alg": "ES256", "kid": "ec"}, stated | claims, KEY, algorithms=["ES256"])


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was really verified."""
    made: list[str] = []
    verify = verified.verify_access_token

    def counted(token: str, *rest: Any) -> Claims:
        made.append(token)
        return verify(token, *rest)

    monkeypatch.setattr(verified, "verify_access_token", counted)
    return made


def test_token_is_verified_once_while_keys_and_rules_are_the_same(verifications: list[str]) -> None:
    tokens, token = VerifiedTokens(), signed()
    answers = [tokens.verify(token, KEYS, RULES, NOW) for _ in range(3)]
    assert answers[0].subject == "person"
    assert answers == answers[:1] * 3
    assert len(verifications) == 1
    assert tokens.key_id_of(token) == "ec"
    tokens.verify(token, KEYS, TokenRules(RULES.issuer, RULES.audience), NOW)
    tokens.verify(token, signing_keys(PUBLISHED), RULES, NOW)
    assert len(verifications) == 3


def test_token_of_a_withdrawn_key_is_refused_at_once() -> None:
    tokens, token = VerifiedTokens(), signed()
    tokens.verify(token, KEYS, RULES, NOW)
    with pytest.raises(InvalidTokenError):
        tokens.verify(token, {}, RULES, NOW)
    assert len(tokens) == 0


def test_kept_token_expires_and_does_not_begin_earlier() -> None:
    tokens, token = VerifiedTokens(), signed()
    end = NOW + timedelta(seconds=300) + RULES.leeway
    tokens.verify(token, KEYS, RULES, end - timedelta(seconds=1))
    with pytest.raises(TokenExpiredError):
        tokens.verify(token, KEYS, RULES, end)
    assert len(tokens) == 0
    tokens.verify(token, KEYS, RULES, NOW)
    with pytest.raises(InvalidTokenError):
        tokens.verify(token, KEYS, RULES, NOW - RULES.leeway - timedelta(seconds=1))


def test_token_that_the_new_rules_refuse_is_refused() -> None:
    tokens, token = VerifiedTokens(), signed()
    tokens.verify(token, KEYS, RULES, NOW)
    with pytest.raises(UnauthenticatedError):
        tokens.verify(token, KEYS, TokenRules(RULES.issuer, frozenset({"other"})), NOW)


def test_refused_tokens_push_no_good_one_out(verifications: list[str]) -> None:
    tokens, good = VerifiedTokens(most=2), signed()
    tokens.verify(good, KEYS, RULES, NOW)
    head, body, signature = signed("other").split(".")
    for number in range(50):
        forged = f"{head}.{body}.{signature[:-4]}{number:04}"
        with pytest.raises(UnauthenticatedError):
            tokens.verify(forged, KEYS, RULES, NOW)
    verifications.clear()
    tokens.verify(good, KEYS, RULES, NOW)
    assert verifications == []
    assert len(tokens) == 1


def test_token_that_was_used_the_longest_ago_goes_first(verifications: list[str]) -> None:
    tokens, names = VerifiedTokens(most=2), [signed(name) for name in "abc"]
    for token in (names[0], names[1], names[0], names[2]):
        tokens.verify(token, KEYS, RULES, NOW)
    verifications.clear()
    for token in (names[0], names[2], names[1]):
        tokens.verify(token, KEYS, RULES, NOW)
    assert verifications == [names[1]]
    assert len(tokens) == 2


def test_long_tokens_are_not_kept_and_the_whole_stays_small() -> None:
    most, tokens = 200, VerifiedTokens(most=200)
    tokens.verify(signed(note="x" * LONGEST_KEPT), KEYS, RULES, NOW)
    assert len(tokens) == 0
    names = [signed(f"person-{number}", roles=[f"role-{number}-{at}" for at in range(130)]) for number in range(300)]
    assert 2_700 < max(map(len, names)) <= LONGEST_KEPT
    tracemalloc.start()
    for token in names:
        tokens.verify(token, KEYS, RULES, NOW)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(tokens) == most
    assert held / most * MOST_TOKENS < 80 * 2**20, f"{held / most:.0f} bytes each"

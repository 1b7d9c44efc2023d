"""Tokens that attackers make: other algorithms, changed bytes, odd claims, rubbish."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, RSAKey

from core.errors import UnauthenticatedError
from core.identity.tokens.errors import InvalidTokenError, WrongTokenTypeError
from core.identity.tokens.signing_keys import signing_keys
from core.identity.tokens.verify import ALGORITHMS, LONGEST_TOKEN, TokenRules, verify_access_token

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
RSA = RSAKey.generate_key(2048, {"kid": "rsa"}, private=True)
EC = ECKey.generate_key("P-256", {"kid": "ec", "alg": "ES256"}, private=True)
KEYS = signing_keys({"keys": [RSA.as_dict(private=False), EC.as_dict(private=False)]})
RULES = TokenRules("https://login.example", frozenset({"api"}))
CLAIMS: dict[str, Any] = {
    "iss": "https://login.example",
    "sub": "person",
    "aud": "api",
    "typ": "Bearer",
    "iat": int(NOW.timestamp()),
    "exp": int((NOW + timedelta(minutes=5)).timestamp()),
}


def signed(claims: dict[str, Any], *, key: Any = RSA, alg: str = "RS256", kid: str = "rsa", **header: Any) -> str:
    return jwt.encode({"alg": alg, "kid": kid, **header}, claims, key, algorithms=[alg])


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def refused(token: str) -> bool:
    try:
        verify_access_token(token, KEYS, RULES, NOW)
    except UnauthenticatedError:
        return True
    return False


def test_plain_token_is_accepted() -> None:
    assert verify_access_token(signed(CLAIMS), KEYS, RULES, NOW).subject == "person"
    assert verify_access_token(signed(CLAIMS, key=EC, alg="ES256", kid="ec"), KEYS, RULES, NOW).subject == "person"


def test_public_key_is_no_secret_for_hmac() -> None:
    signed_part = f"{part({'alg': 'HS256', 'kid': 'rsa'})}.{part(CLAIMS)}"
    as_json = json.dumps(RSA.as_dict(private=False)).encode()
    for public in (RSA.as_pem(private=False), RSA.as_der(private=False), as_json):
        signature = base64.urlsafe_b64encode(hmac.digest(public, signed_part.encode(), "sha256")).rstrip(b"=")
        assert refused(f"{signed_part}.{signature.decode()}")


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "HS256", "RS1", 7, None])
def test_unsigned_and_unknown_algorithms_are_refused(alg: Any) -> None:
    for signature in ("", "AA"):
        assert refused(f"{part({'alg': alg, 'kid': 'rsa'})}.{part(CLAIMS)}.{signature}")


def test_algorithm_must_belong_to_the_key() -> None:
    assert refused(signed(CLAIMS, key=EC, alg="ES256", kid="rsa"))
    assert refused(signed(CLAIMS, kid="ec"))


def test_algorithms_can_be_narrowed_by_setting() -> None:
    narrowed = TokenRules(RULES.issuer, RULES.audience, algorithms=frozenset({"ES256"}))
    with pytest.raises(InvalidTokenError):
        verify_access_token(signed(CLAIMS), KEYS, narrowed, NOW)
    assert not {"none", "HS256", "HS384", "HS512"} & ALGORITHMS


def test_key_inside_the_token_is_not_used() -> None:
    own = RSAKey.generate_key(2048, {"kid": "mine"}, private=True)
    for header in (
        {"jwk": own.as_dict(private=False)},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example"},
    ):
        assert refused(signed(CLAIMS, key=own, kid="rsa", **header))
        assert refused(signed(CLAIMS, key=own, kid="mine", **header))


def test_unknown_critical_header_is_refused() -> None:
    _, body, signature = signed(CLAIMS).split(".")
    assert refused(f"{part({'alg': 'RS256', 'kid': 'rsa', 'crit': ['exp'], 'exp': 1})}.{body}.{signature}")


@pytest.mark.parametrize(
    "change",
    [
        {"iss": None},
        {"iss": "https://login.example/"},
        {"iss": ["https://login.example"]},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"aud": None},
        {"aud": "apix"},
        {"aud": ["other"]},
        {"aud": {"api": 1}},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": -1},
        {"exp": 0},
        {"nbf": int((NOW + timedelta(hours=1)).timestamp())},
        {"nbf": "now"},
        {"nbf": 1e300},
        {"iat": "now"},
        {"typ": "ID"},
        {"typ": "Refresh"},
        {"typ": ["Bearer"]},
        {"nonce": "n"},
    ],
)
def test_odd_claims_are_refused(change: dict[str, Any]) -> None:
    claims = {name: value for name, value in (CLAIMS | change).items() if value is not None}
    assert refused(signed(claims))


def test_logout_token_is_no_access_token() -> None:
    with pytest.raises(WrongTokenTypeError):
        verify_access_token(signed(CLAIMS, typ="logout+jwt"), KEYS, RULES, NOW)


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "é.é.é", "x" * (LONGEST_TOKEN + 1), f"{part({'alg': 'RS256'})}.e30.AA"]
)
def test_rubbish_is_refused(token: str) -> None:
    assert refused(token)


@given(st.text(max_size=120), st.binary(max_size=120))
def test_any_text_is_refused_with_a_code(text: str, data: bytes) -> None:
    assert refused(text)
    encoded = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    assert refused(f"{encoded}.{encoded}.{encoded}")
    assert refused(f"{part({'alg': 'RS256', 'kid': 'rsa'})}.{encoded}.{encoded}")


@pytest.mark.parametrize("position", range(0, 600, 7))
def test_changed_bytes_are_noticed(position: int) -> None:
    token = signed(CLAIMS)
    position %= len(token) - 4  # the last letters of base64 carry unused bits
    swapped = "A" if token[position] != "A" else "B"
    assert refused(token[:position] + swapped + token[position + 1 :])


def test_symmetric_small_and_unnamed_keys_are_left_out_of_a_key_set() -> None:
    with pytest.warns(SecurityWarning):
        small = RSAKey.generate_key(1024, {"kid": "small"}, private=True)
    unnamed = RSAKey.generate_key(2048, private=True).as_dict(private=False)
    odd: list[Any] = [
        OctKey.generate_key(256, {"kid": "secret"}).as_dict(),
        small.as_dict(private=False),
        {name: value for name, value in unnamed.items() if name != "kid"},
        {"kid": "broken", "kty": "RSA"},
        {"kid": "new", "kty": "AKP"},
        "rubbish",
        None,
    ]
    assert set(signing_keys({"keys": [*odd, RSA.as_dict(private=False)]})) == {"rsa"}


def test_document_without_keys_is_an_error() -> None:
    with pytest.raises(ValueError, match="keys"):
        signing_keys({"error": "no realm"})

"""Tokens of a real Keycloak 26.7.3, recorded from its login form, against the key sets of the same moments."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.errors import UnauthenticatedError
from core.identity.tokens.claims import Claims
from core.identity.tokens.errors import InvalidTokenError, TokenExpiredError, WrongAudienceError, WrongTokenTypeError
from core.identity.tokens.signing_keys import SigningKey, signing_keys
from core.identity.tokens.verify import TokenRules, key_id_of, verify_access_token

FOLDER = Path(__file__).parents[3] / "data" / "identity" / "keycloak-26.7.3"
RULES = TokenRules(
    issuer=json.loads((FOLDER / "discovery.json").read_text())["issuer"],
    audience=frozenset({"automart-api"}),
    clients=frozenset({"web-automart"}),
)
FIRST, SECOND, THIRD = "1_first", "2_second_active_first_kept", "3_third_active_first_gone"
RECORDED = sorted(path.stem for path in (FOLDER / "tokens").glob("*.json"))


def recorded(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / "tokens" / f"{name}.json").read_text())
    return loaded


def at(name: str) -> datetime:
    return datetime.fromtimestamp(recorded(name)["recorded_at"], UTC)


def keys(name: str) -> dict[str, SigningKey]:
    return signing_keys(json.loads((FOLDER / "jwks" / f"{name}.json").read_text()))


def keys_then(name: str) -> dict[str, SigningKey]:
    return keys({"after_first_rotation": SECOND, "after_second_rotation": THIRD}.get(name, FIRST))


def verified(name: str, kind: str = "access_token") -> Claims:
    return verify_access_token(recorded(name)[kind]["jwt"], keys_then(name), RULES, at(name))


@pytest.mark.parametrize("name", RECORDED)
def test_access_token_gives_its_subject_and_client(name: str) -> None:
    stated = recorded(name)["access_token"]["claims"]
    claims = verified(name)
    assert (claims.subject, claims.client) == (stated["sub"], stated["azp"])
    assert claims.roles == set(stated.get("realm_access", {}).get("roles", []))


@pytest.mark.parametrize(
    ("name", "organizations"),
    [
        ("agent_one_org", {"gulberg-motors"}),
        ("agent_one_org_single", {"gulberg-motors"}),
        ("both_all_orgs", {"clifton-cars", "gulberg-motors"}),
        ("both_orgs_with_id", {"clifton-cars", "gulberg-motors"}),
        ("both_orgs_with_attributes", {"clifton-cars", "gulberg-motors"}),
        ("both_picked_org", {"clifton-cars"}),
        ("agent_foreign_org", None),
        ("buyer", None),
    ],
)
def test_organizations_are_read_in_all_their_shapes(name: str, organizations: set[str] | None) -> None:
    assert verified(name).organizations == organizations


def test_service_account_is_told_from_a_person() -> None:
    assert [name for name in RECORDED if verified(name).is_service_account] == ["service_account"]


@pytest.mark.parametrize("name", [name for name in RECORDED if "id_token" in recorded(name)])
def test_id_token_is_refused_although_the_same_key_signed_it(name: str) -> None:
    with pytest.raises(WrongTokenTypeError):
        verified(name, "id_token")


def test_refresh_token_is_refused() -> None:
    with pytest.raises(UnauthenticatedError):
        verified("agent_one_org", "refresh_token")


def test_first_key_is_refused_after_the_second_rotation_and_accepted_after_the_first() -> None:
    token = recorded("agent_one_org")["access_token"]["jwt"]
    assert verify_access_token(token, keys(SECOND), RULES, at("agent_one_org"))
    with pytest.raises(InvalidTokenError):
        verify_access_token(token, keys(THIRD), RULES, at("agent_one_org"))


def test_encryption_key_verifies_nothing() -> None:
    document = json.loads((FOLDER / "jwks" / f"{FIRST}.json").read_text())
    encrypting = {key["kid"] for key in document["keys"] if key["use"] == "enc"}
    assert encrypting
    assert not encrypting & set(signing_keys(document))


def test_key_of_an_elliptic_curve_signs_access_tokens_of_one_client() -> None:
    token = recorded("boss_es256")["access_token"]["jwt"]
    assert keys(FIRST)[key_id_of(token)].algorithms == {"ES256"}


def test_token_for_another_service_is_refused() -> None:
    other = TokenRules(RULES.issuer, frozenset({"other-api"}))
    with pytest.raises(WrongAudienceError):
        verify_access_token(recorded("buyer")["access_token"]["jwt"], keys(FIRST), other, at("buyer"))


@pytest.mark.parametrize("name", RECORDED)
def test_token_expires_after_the_leeway(name: str) -> None:
    token, end = recorded(name)["access_token"]["jwt"], verified(name).expires_at
    assert verify_access_token(token, keys_then(name), RULES, end + timedelta(seconds=29))
    with pytest.raises(TokenExpiredError):
        verify_access_token(token, keys_then(name), RULES, end + timedelta(seconds=30))


def test_token_from_the_future_is_refused() -> None:
    with pytest.raises(InvalidTokenError, match="clock"):
        verify_access_token(
            recorded("buyer")["access_token"]["jwt"], keys(FIRST), RULES, at("buyer") - timedelta(minutes=5)
        )


def test_token_of_another_issuer_is_refused() -> None:
    other = TokenRules("https://login.example", RULES.audience, RULES.clients)
    with pytest.raises(InvalidTokenError):
        verify_access_token(recorded("buyer")["access_token"]["jwt"], keys(FIRST), other, at("buyer"))

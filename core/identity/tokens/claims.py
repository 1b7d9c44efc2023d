"""Read the claims of an access token, in the shapes in which Keycloak and other issuers write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Claims:
    """Claims of a verified access token.

    `organizations` are the aliases that this session is narrowed to, None where the token does not narrow. They and
    `roles` never widen: the platform's own memberships decide.
    """

    issuer: str
    subject: str
    expires_at: datetime
    issued_at: datetime | None
    authenticated_at: datetime | None
    not_before: datetime | None
    session: str | None
    client: str | None
    is_service_account: bool
    organizations: frozenset[str] | None
    roles: frozenset[str]
    verified_email: str | None
    verified_phone: str | None


def read_claims(claims: Mapping[str, Any]) -> Claims:
    """Return the claims that the platform uses.

    Raises:
        ValueError: `iss`, `sub` or `exp` is missing, or a time is none.
    """
    client = _text(claims, "azp") or _text(claims, "client_id")
    return Claims(
        issuer=_required_text(claims, "iss"),
        subject=_required_text(claims, "sub"),
        expires_at=_time(claims, "exp"),
        issued_at=_time(claims, "iat") if "iat" in claims else None,
        authenticated_at=_time(claims, "auth_time") if "auth_time" in claims else None,
        not_before=_time(claims, "nbf") if "nbf" in claims else None,
        session=_text(claims, "sid"),
        client=client,
        # Keycloak sets client_id on tokens of client credentials alone; standard issuers set sub to the client then.
        is_service_account=_text(claims, "client_id") is not None and _text(claims, "sid") is None,
        organizations=organizations(claims.get("organization")),
        roles=_roles(claims),
        verified_email=_text(claims, "email") if claims.get("email_verified") is True else None,
        verified_phone=_text(claims, "phone_number") if claims.get("phone_number_verified") is True else None,
    )


def organizations(claim: object) -> frozenset[str] | None:
    """Return the aliases in a claim `organization`: a list of them, an object by alias, or one alias as a string.

    An absent claim narrows nothing (None); a claim of any other shape narrows to no organization at all.
    """
    if claim is None:
        return None
    if isinstance(claim, str):
        return frozenset({claim})
    if isinstance(claim, list | dict):
        return frozenset(alias for alias in claim if isinstance(alias, str))
    return frozenset()


def audiences(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the claim `aud` as a set: it is a string or a list of strings."""
    claim = claims.get("aud")
    listed = claim if isinstance(claim, list) else [claim]
    return frozenset(each for each in listed if isinstance(each, str))


def _roles(claims: Mapping[str, Any]) -> frozenset[str]:
    realm = claims.get("realm_access")
    listed = realm.get("roles") if isinstance(realm, dict) else claims.get("roles")
    return frozenset(role for role in listed if isinstance(role, str)) if isinstance(listed, list) else frozenset()


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and value else None


def _required_text(claims: Mapping[str, Any], name: str) -> str:
    value = _text(claims, name)
    if value is None:
        raise ValueError(f"claim {name!r} is missing")
    return value


def _time(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"claim {name!r} is no time")  # noqa: TRY004  (the token is wrong, not our type)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"claim {name!r} is no time") from error

"""The parts of logging in that live as long as the process: keys, the embedded issuer, the verifier of tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from core.access.permissions import Permission
from core.clock import utc_now
from core.declarations import gather_declarations
from core.identity.tokens.key_source import KeySource
from core.identity.tokens.verify import ALGORITHMS, TokenRules
from core.security.platform_keys import PlatformKeys, open_keys
from core.settings import Settings, comma_list
from serving.identity.errors import BadIssuerSettingsError
from serving.identity.logins.authentication import Authenticator, OutsideIssuer
from serving.identity.logins.issuer import EmbeddedIssuer

_FETCH_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Identity:
    """The opened parts of logging in. `outside` is the address of the outside issuer, where one is set."""

    keys: PlatformKeys
    issuer: EmbeddedIssuer
    authenticator: Authenticator
    outside: str | None
    code_countries: frozenset[str]
    permissions: tuple[Permission, ...]


@asynccontextmanager
async def opened_identity(settings: Settings) -> AsyncIterator[Identity]:
    """Open the keys and, where an outside issuer is set, the client that fetches its keys.

    Raises:
        KeysMissingError, BadKeyringError: see `core.security.platform_keys`.
        BadIssuerSettingsError: the settings of the outside issuer cannot be used.
    """
    keys = open_keys(settings)
    issuer = EmbeddedIssuer(keys)
    countries = frozenset(code.upper() for code in comma_list(settings.otp_countries))
    async with httpx.AsyncClient(timeout=_FETCH_SECONDS, follow_redirects=False) as client:
        outside = None if settings.oidc_issuer is None else _outside(settings, settings.oidc_issuer, client)
        authenticator = Authenticator(issuer, outside, utc_now)
        yield Identity(keys, issuer, authenticator, settings.oidc_issuer, countries, _declared_permissions())


def check_identity_settings(settings: Settings) -> None:
    """Refuse settings with which `opened_identity` would fail."""
    open_keys(settings)
    _rules(settings, settings.oidc_issuer or "")


def _declared_permissions() -> tuple[Permission, ...]:
    return tuple(permission for each in gather_declarations().values() for permission in each.permissions)


def _outside(settings: Settings, issuer: str, client: httpx.AsyncClient) -> OutsideIssuer:
    async def fetch(address: str) -> Mapping[str, Any]:
        answer = await client.get(address)
        found: Mapping[str, Any] = answer.raise_for_status().json()
        return found

    return OutsideIssuer(_rules(settings, issuer), KeySource(issuer, fetch))


def _rules(settings: Settings, issuer: str) -> TokenRules:
    algorithms = frozenset(comma_list(settings.oidc_algorithms))
    if not algorithms or not algorithms <= ALGORITHMS:
        raise BadIssuerSettingsError(f"OIDC_ALGORITHMS are some of {', '.join(sorted(ALGORITHMS))}.")
    audience, clients = frozenset(comma_list(settings.oidc_audience)), frozenset(comma_list(settings.oidc_clients))
    if not audience | clients:
        raise BadIssuerSettingsError("Set OIDC_AUDIENCE or OIDC_CLIENTS: else no token would be for this service.")
    return TokenRules(issuer, audience, clients, algorithms)

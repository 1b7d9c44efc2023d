"""Log in at a real Keycloak as each role, call the API, rotate keys, stop the provider. `make keycloak-test`.

It prints one line for each thing that held, and ends with 1 at the first that did not.
"""

import asyncio
import secrets
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from api.app import create_app
from core.access.roles import Role
from core.db.embedded import embedded_postgres
from core.db.logins import login_settings
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from core.identity.orgs import ensure_org
from core.identity.tokens.errors import IssuerUnavailableError
from core.identity.tokens.key_source import KeySource, KeyTimes
from core.security.platform_keys import new_key_settings, open_keys
from core.settings import Settings
from serving.identity.members.grants import Grant
from serving.identity.operators import Operators
from tests.api.conftest import served
from tests.keycloak.forgery import (
    clocks_may_differ_by_the_leeway,
    confused_algorithms_are_refused,
    random_key_ids_are_refused,
)
from tests.keycloak.login import access_token
from tests.keycloak.rotation import announced_key_refuses_nothing, key_that_signs_at_once_waits_one_cooldown
from tests.keycloak.server import Keycloak, running_keycloak
from tests.keycloak.tokens import me, part, require, with_header

CLIENTS = ("web-automart", "web-autotrader", "app-automart", "app-autotrader")
SHORT = KeyTimes(fresh=1, stale=3, cooldown=0.2)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="automart-keycloak-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with embedded_postgres(folder / "postgres") as url, ExitStack() as provider:
            keycloak = provider.enter_context(running_keycloak(folder))
            engine = make_engine(url)
            upgrade_to_head(engine)
            settings = Settings(
                automart_home=folder / "home",
                storage_url=None,
                meili_url=None,
                oidc_issuer=keycloak.issuer,
                **new_key_settings(),
                **login_settings(url),
            )
            with served(create_app(settings), settings) as client:
                token = _with_provider(keycloak, client, settings, make_session_factory(engine))
                asyncio.run(_stopped(keycloak, client, provider, token))
            engine.dispose()


def _with_provider(keycloak: Keycloak, client: httpx.Client, settings: Settings, sessions: SessionFactory) -> str:
    tokens = _each_role(keycloak, client)
    _memberships_decide(client, settings, sessions, tokens["org_admin"])
    _login_codes_are_gone(client)
    random_key_ids_are_refused(keycloak, client, tokens["buyer"])
    token = access_token(keycloak.issuer, "web-automart", "buyer@example.com")
    confused_algorithms_are_refused(client, keycloak.published_keys(), token)
    clocks_may_differ_by_the_leeway(keycloak.published_keys(), keycloak.issuer, token)
    announced_key_refuses_nothing(keycloak, client)
    return key_that_signs_at_once_waits_one_cooldown(keycloak, client)


async def _stopped(keycloak: Keycloak, client: httpx.Client, provider: ExitStack, token: str) -> None:
    """Stop the provider. The API keeps keys for an hour; beside it stands a source that keeps them for seconds."""

    async def fetch(address: str) -> Mapping[str, Any]:
        async with httpx.AsyncClient(timeout=2) as web:
            found: Mapping[str, Any] = (await web.get(address)).raise_for_status().json()
            return found

    source, key_id = KeySource(keycloak.issuer, fetch, SHORT), str(part(token, 0)["kid"])
    require(key_id in await source.keys_for(key_id), "the short-lived source knows the key")
    fetched = time.monotonic()
    provider.close()
    for _ in range(20):
        require(me(client, token).status_code == 200, "known keys go on while the provider is away")
    answer = me(client, with_header(token, kid=secrets.token_urlsafe(16)))
    require(answer.status_code in (401, 503), f"an unknown kid while the provider is away: {answer.status_code}")
    await asyncio.sleep(max(0.0, fetched + SHORT.fresh + SHORT.stale - time.monotonic()))
    try:
        await source.keys_for(key_id)
        ended = False
    except IssuerUnavailableError:
        ended = True
    require(ended, "keys are not used for ever without their issuer")
    print("With the provider stopped known keys go on and unknown ones are refused; past their time known ones too.")


def _each_role(keycloak: Keycloak, client: httpx.Client) -> dict[str, str]:
    tokens = {}
    for at, role in enumerate(Role):
        keycloak.add_person(role, role)
        tokens[role.value] = access_token(keycloak.issuer, CLIENTS[at % len(CLIENTS)], f"{role}@example.com")
        answer = me(client, tokens[role.value])
        require(answer.status_code == 200, f"{role}: {answer.status_code} {answer.text}")
        require(answer.json()["memberships"] == [], f"{role}: a realm role alone gives no membership")
    print(f"Each of {len(tokens)} roles logs in by authorization code with PKCE and is a person without memberships.")
    return tokens


def _memberships_decide(client: httpx.Client, settings: Settings, sessions: SessionFactory, token: str) -> None:
    with transaction(sessions) as session:
        org = ensure_org(session, "khan-motors", "Khan Motors")
        user_id = me(client, token).json()["user_id"]
        operators = Operators(session, open_keys(settings), "keycloak-test")
        operators.grant(operators.find_person(user_id), org, Grant(Role.ORG_ADMIN))
    held = [(each["org"], each["role"]) for each in me(client, token).json()["memberships"]]
    require(held == [("khan-motors", "org_admin")], f"memberships: {held}")
    print("A membership that is given holds from the next request on, for a token that was issued before.")


def _login_codes_are_gone(client: httpx.Client) -> None:
    answer = client.post("/v1/auth/otp", json={"phone": "0300 1234567", "purpose": "login"})
    require(answer.status_code == 404, f"login codes beside an outside issuer: {answer.status_code}")
    answer = client.post("/v1/auth/otp", json={"phone": "0300 1234567", "purpose": "contact"})
    require(answer.status_code == 202, f"contact codes beside an outside issuer: {answer.status_code}")
    print("Codes for login are 404, codes that prove a contact are sent.")


if __name__ == "__main__":
    main()

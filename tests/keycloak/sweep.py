"""Log in at a real Keycloak as each role, call the API, rotate keys, stop the provider. `make keycloak-test`.

It prints one line for each thing that held, and ends with 1 at the first that did not.
"""

import base64
import json
import secrets
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import httpx

from api.app import create_app
from core.access.roles import Role
from core.clock import utc_now
from core.db.embedded import embedded_postgres
from core.db.logins import login_settings
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from core.identity.orgs import ensure_org
from core.security.platform_keys import new_key_settings, open_keys
from core.settings import Settings
from serving.identity.members import Grant
from serving.identity.operators import Operators
from tests.api.conftest import served
from tests.keycloak.login import access_token
from tests.keycloak.server import Keycloak, running_keycloak

CLIENTS = ("web-automart", "web-autotrader", "app-automart", "app-autotrader")
FORGED_KIDS = 300
COOLDOWN_SECONDS = 15


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
                provider.close()
                _without_provider(client, token)
            engine.dispose()


def _with_provider(keycloak: Keycloak, client: httpx.Client, settings: Settings, sessions: SessionFactory) -> str:
    tokens = _each_role(keycloak, client)
    _memberships_decide(client, settings, sessions, tokens["org_admin"])
    _login_codes_are_gone(client)
    _forged_tokens_are_refused(client, tokens["buyer"])
    return _rotation(keycloak, client, tokens["buyer"])


def _without_provider(client: httpx.Client, token: str) -> None:
    for _ in range(20):
        _require(me(client, token).status_code == 200, "known keys go on while the provider is away")
    answer = me(client, _with_header(token, kid=secrets.token_urlsafe(16)))
    _require(answer.status_code in (401, 503), f"an unknown kid while the provider is away: {answer.status_code}")
    print("With the provider stopped, known keys go on and unknown ones are refused.")


def me(client: httpx.Client, token: str) -> httpx.Response:
    return client.get("/v1/me", headers={"authorization": f"Bearer {token}"})


def _each_role(keycloak: Keycloak, client: httpx.Client) -> dict[str, str]:
    tokens = {}
    for at, role in enumerate(Role):
        keycloak.add_person(role, role)
        tokens[role.value] = access_token(keycloak.issuer, CLIENTS[at % len(CLIENTS)], f"{role}@example.com")
        answer = me(client, tokens[role.value])
        _require(answer.status_code == 200, f"{role}: {answer.status_code} {answer.text}")
        _require(answer.json()["memberships"] == [], f"{role}: a realm role alone gives no membership")
    print(f"Each of {len(tokens)} roles logs in by authorization code with PKCE and is a person without memberships.")
    return tokens


def _memberships_decide(client: httpx.Client, settings: Settings, sessions: SessionFactory, token: str) -> None:
    with transaction(sessions) as session:
        org = ensure_org(session, "khan-motors", "Khan Motors")
        user_id = me(client, token).json()["user_id"]
        operators = Operators(session, open_keys(settings), "keycloak-test")
        operators.grant(operators.find_person(user_id), org, Grant(Role.ORG_ADMIN))
    held = [(each["org"], each["role"]) for each in me(client, token).json()["memberships"]]
    _require(held == [("khan-motors", "org_admin")], f"memberships: {held}")
    print("A membership that is given holds from the next request on, for a token that was issued before.")


def _login_codes_are_gone(client: httpx.Client) -> None:
    answer = client.post("/v1/auth/otp", json={"phone": "0300 1234567", "purpose": "login"})
    _require(answer.status_code == 404, f"login codes beside an outside issuer: {answer.status_code}")
    answer = client.post("/v1/auth/otp", json={"phone": "0300 1234567", "purpose": "contact"})
    _require(answer.status_code == 202, f"contact codes beside an outside issuer: {answer.status_code}")
    print("Codes for login are 404, codes that prove a contact are sent.")


def _forged_tokens_are_refused(client: httpx.Client, token: str) -> None:
    answers: Counter[int] = Counter()
    began = time.monotonic()
    for _ in range(FORGED_KIDS):
        answers[me(client, _with_header(token, kid=secrets.token_urlsafe(16))).status_code] += 1
    _require(set(answers) == {401}, f"random kids: {answers}")
    for algorithm in ("none", "HS256", "ES256", "RS512"):
        answer = me(client, _with_header(token, alg=algorithm))
        _require(answer.status_code == 401, f"alg {algorithm}: {answer.status_code}")
    took = time.monotonic() - began
    _require(me(client, token).status_code == 200, "the true token after forged ones")
    print(f"{FORGED_KIDS} random kids and 4 confused algorithms are refused in {took:.1f} s; the true token goes on.")


def _rotation(keycloak: Keycloak, client: httpx.Client, old: str) -> str:
    keycloak.add_signing_key(300)
    began = time.monotonic()
    new = access_token(keycloak.issuer, "web-automart", "buyer@example.com")
    while me(client, new).status_code != 200:
        waited = time.monotonic() - began
        _require(waited < COOLDOWN_SECONDS + 5, f"tokens of the new key are refused after {waited:.0f} s")
        time.sleep(0.5)
    _require(_header(old)["kid"] != _header(new)["kid"], "the new key signs")
    _require(me(client, old).status_code == 200, "tokens of the old key go on")
    print(f"A key that signs at once is believed after {time.monotonic() - began:.1f} s, right after a flood of kids.")
    return new


def _header(token: str) -> dict[str, str]:
    text = token.split(".")[0]
    header: dict[str, str] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return header


def _with_header(token: str, **changes: str) -> str:
    header = json.dumps(_header(token) | changes).encode()
    return ".".join([base64.urlsafe_b64encode(header).decode().rstrip("="), *token.split(".")[1:]])


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise SystemExit(f"{utc_now():%H:%M:%S} does not hold: {what}")


if __name__ == "__main__":
    main()

"""A real Keycloak on loopback, with the realm of deploy/keycloak and people of the test; ended with the block."""

import json
import os
import re
import signal
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

VERSION = "26.7.3"
REALM = "automart"
REDIRECT = "http://127.0.0.1:9/callback"
PASSWORD = "only-for-this-run"
ROOT = Path(__file__).parents[2]
_REPOSITORY = Path.home() / ".m2" / "repository"
_ARCHIVE = _REPOSITORY / f"org/keycloak/keycloak-quarkus-dist/{VERSION}/keycloak-quarkus-dist-{VERSION}.zip"
_KEYS = "/protocol/openid-connect/certs"
_START_SECONDS = 300


@dataclass(frozen=True)
class Keycloak:
    """A running server."""

    base: str
    log: Path

    @property
    def issuer(self) -> str:
        return f"{self.base}/realms/{REALM}"

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Call the admin API, with a new token for each call: they live for a minute."""
        form = {"client_id": "admin-cli", "grant_type": "password", "username": "admin", "password": "admin"}
        tokens = httpx.post(f"{self.base}/realms/master/protocol/openid-connect/token", data=form, timeout=60)
        headers = {"authorization": f"Bearer {tokens.raise_for_status().json()['access_token']}"}
        url = f"{self.base}/admin/realms/{REALM}{path}"
        answer = httpx.request(method, url, json=body, headers=headers, timeout=60)
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else answer.headers.get("location", "").rsplit("/", 1)[-1]

    def add_person(self, name: str, role: str) -> str:
        """Add a person with a password and one role; return the subject."""
        body = {
            "username": f"{name}@example.com",
            "email": f"{name}@example.com",
            "emailVerified": True,
            "enabled": True,
            "firstName": name,
            "lastName": "Example",
            "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
        }
        subject: str = self.admin("POST", "/users", body)
        self.admin("POST", f"/users/{subject}/role-mappings/realm", [self.admin("GET", f"/roles/{role}")])
        return subject

    def add_signing_key(self, priority: int, *, active: bool = True) -> str:
        """Add an RSA key; the active one of the highest priority signs. A passive one is published only."""
        config = {"priority": [str(priority)], "enabled": ["true"], "active": [str(active).lower()]}
        body = {
            "name": f"rs256-{priority}",
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "config": config,
        }
        key: str = self.admin("POST", "/components", body)
        return key

    def activate_signing_key(self, key: str, priority: int) -> None:
        """Let a key that was added as passive sign from now on."""
        component = self.admin("GET", f"/components/{key}")
        component["config"] |= {"active": ["true"], "priority": [str(priority)]}
        self.admin("PUT", f"/components/{key}", component)

    def published_keys(self) -> list[dict[str, str]]:
        """Return the key set; this is one of the fetches that `key_fetches` counts."""
        keys: list[dict[str, str]] = httpx.get(f"{self.issuer}{_KEYS}", timeout=60).raise_for_status().json()["keys"]
        return keys

    def key_fetches(self) -> int:
        """Return how often the key set was fetched, by the server's own access log."""
        return self.log.read_text(errors="replace").count(f"GET /realms/{REALM}{_KEYS}")


def unpacked(folder: Path) -> Path:
    """Fetch the distribution by Maven where it is missing, and unpack it."""
    if not _ARCHIVE.exists():
        artifact = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
        command = ["mvn", "-q", "-B", "dependency:get", f"-Dartifact={artifact}", "-Dtransitive=false"]
        subprocess.run(command, check=True)
    home = folder / f"keycloak-{VERSION}"
    if not home.exists():
        with zipfile.ZipFile(_ARCHIVE) as archive:
            archive.extractall(folder)
        (home / "bin" / "kc.sh").chmod(0o755)
    return home


def realm_for_test() -> dict[str, Any]:
    """Return our realm as it stands in deploy/, with redirects to loopback allowed and mails not awaited."""
    realm: dict[str, Any] = json.loads((ROOT / "deploy" / "keycloak" / "realm.json").read_text())
    for client in realm["clients"]:
        if client.get("publicClient"):
            client["redirectUris"].append(REDIRECT)
    return realm | {"verifyEmail": False, "sslRequired": "none"}


@contextmanager
def running_keycloak(folder: Path) -> Iterator[Keycloak]:
    """Start the server on a free port, and stop it at the end whatever happens."""
    home = unpacked(folder)
    (home / "data" / "import").mkdir(parents=True, exist_ok=True)
    (home / "data" / "import" / "automart-realm.json").write_text(json.dumps(realm_for_test()))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    names = ["KC_BOOTSTRAP_ADMIN_USERNAME=admin", "KC_BOOTSTRAP_ADMIN_PASSWORD=admin"]
    command = ["env", *names, str(home / "bin" / "kc.sh"), "start-dev", "--import-realm", "--http-host", "127.0.0.1"]
    with (folder / "keycloak.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--http-port", str(port), "--http-access-log-enabled=true"],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            server = Keycloak(f"http://127.0.0.1:{port}", folder / "keycloak.log")
            _wait(server, process, folder / "keycloak.log")
            yield server
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def _wait(server: Keycloak, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{server.issuer}/.well-known/openid-configuration").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    lines = re.findall(r".*(?:ERROR|Exception).*", log.read_text(errors="replace"))
    raise RuntimeError(f"Keycloak did not start: {lines[-5:]}")

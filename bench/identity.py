"""Measure logins: the cost of a token, a person and a rate limit, and of a request without them.

Usage: python -m bench.identity [--before CHECKOUT]

Every figure is CPU time, since machines of benchmarks are seldom idle: of this process for the parts, of the server's
process for requests. The kinds take turns within each round, and ratios are of one round each; medians are printed.
`--before` adds the API of another checkout, as it was before logins.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

from bench.server_process import free_port
from core.access.roles import Role
from core.clock import utc_now
from core.db.embedded import embedded_postgres
from core.db.session import SessionFactory, make_engine, make_session_factory
from core.declarations import RateLimit
from core.identity.tokens.signing_keys import signing_keys
from core.identity.tokens.verified import VerifiedTokens
from core.identity.tokens.verify import TokenRules, verify_access_token
from core.rate_limits.devices import DeviceIds
from core.rate_limits.limiter import Limiter, Store
from core.rate_limits.memory import ProcessStorage
from core.rate_limits.rules import CallOrigin
from core.security.platform_keys import PlatformKeys, given_keys, new_key_settings
from serving.identity.logins.authentication import VerifiedBearer, find_principal
from serving.identity.logins.issuer import EmbeddedIssuer
from tests.api.people import People

CARS, CALLS, REQUESTS = 2_000, 400, 20
ROUNDS, REQUEST_ROUNDS = 15, 60
TOKEN_MS, LIMIT_MS, SLOWER = 0.15, 0.1, 1.05
_SCRIPT = Path(__file__).with_name("identity_server.py")
_PATH = "/v1/listings?make=Toyota&limit=20"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="a checkout of a commit that had no logins")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="automart-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        keys = given_keys(*new_key_settings().values())
        with embedded_postgres(folder / "postgres", database="now") as url:
            _run(["load", str(folder / "now"), url, str(CARS)], Path.cwd())
            engine = make_engine(url)
            parts(keys, make_session_factory(engine))
            engine.dispose()
            requests(folder, url, given.before)


def parts(keys: PlatformKeys, sessions: SessionFactory) -> None:
    """The steps of a request with a token, apart from HTTP."""
    people = People(sessions, keys)
    person = people.person(("khan-motors", Role.ORG_ADMIN))
    kinds = {
        "signature and claims, ES256, each time": _verifying(keys, person.token),
        "signature and claims, RS256, each time": _verifying_rs256(),
        "signature and claims, a token that was seen": _kept(keys, person.token),
        "session and memberships": _looking_up(keys, sessions, person.token),
        "rate limit in process, 60 in 60 s": _limiting(RateLimit("GET /x", 10**9, 60, ("user",)), person.user_id),
        "rate limit in process, 20 exact, device and address": _limiting(
            RateLimit("GET /x", 20, 60, ("address", "device")), person.user_id
        ),
        "device id": _device(keys),
    }
    for call in kinds.values():
        _each_ms(call)
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        for name, call in kinds.items():
            times[name].append(_each_ms(call))
    for name, found in times.items():
        most = TOKEN_MS if name.startswith("sig") else LIMIT_MS if name.startswith("rate") else None
        limit = "" if most is None else f" (limit {most}: {'holds' if statistics.median(found) <= most else 'MISSED'})"
        print(f"{name:55} {statistics.median(found):.4f} ms of CPU{limit}")


def _each_ms(call: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(CALLS):
        call()
    return (time.process_time() - began) / CALLS * 1000


def _verifying(keys: PlatformKeys, token: str) -> Callable[[], object]:
    issuer = EmbeddedIssuer(keys)
    known = issuer.verifying_keys()
    return lambda: verify_access_token(token, known, issuer.rules, utc_now())


def _verifying_rs256() -> Callable[[], object]:
    """Make the check of a token signed as by Keycloak, with claims as long as its own."""
    key, now = RSAKey.generate_key(2048, {"kid": "rsa"}, private=True), int(utc_now().timestamp())
    rules = TokenRules("https://login.example", frozenset({"api"}))
    known = signing_keys({"keys": [key.as_dict(private=False)]})
    claims = {"iss": rules.issuer, "aud": "api", "sub": "person", "iat": now, "exp": now + 600, "scope": "x" * 900}
    token = jwt.encode({"alg": "RS256", "kid": "rsa", "typ": "JWT"}, claims, key, algorithms=["RS256"])
    return lambda: verify_access_token(token, known, rules, utc_now())


def _kept(keys: PlatformKeys, token: str) -> Callable[[], object]:
    issuer, tokens = EmbeddedIssuer(keys), VerifiedTokens()
    known = issuer.verifying_keys()
    return lambda: tokens.verify(token, known, issuer.rules, utc_now())


def _looking_up(keys: PlatformKeys, sessions: SessionFactory, token: str) -> Callable[[], object]:
    issuer = EmbeddedIssuer(keys)
    claims = verify_access_token(token, issuer.verifying_keys(), issuer.rules, utc_now())
    bearer = VerifiedBearer(claims, embedded=True)

    def look_up() -> object:
        with sessions() as session:
            return find_principal(session, bearer, utc_now())

    return look_up


def _limiting(rule: RateLimit, user: UUID) -> Callable[[], object]:
    store = Store(ProcessStorage())
    limiter = Limiter({rule.operation: rule}, store, store)
    origin = CallOrigin("203.0.113.7", "0" * 32, str(user))
    return lambda: limiter.check(rule.operation, origin)


def _device(keys: PlatformKeys) -> Callable[[], object]:
    devices = DeviceIds(keys.index)
    issued = devices.issue()
    return lambda: devices.verified(issued)


@dataclass(frozen=True)
class Asked:
    """A kind of request, and the process of its server."""

    client: httpx.Client
    process: int

    def cpu_ms(self) -> float:
        """CPU time of the server for a request, over REQUESTS of them."""
        before = self._nanoseconds()
        for _ in range(REQUESTS):
            self.client.get(_PATH).raise_for_status()
        return (self._nanoseconds() - before) / REQUESTS / 1e6

    def _nanoseconds(self) -> int:
        """The scheduler's own count, of all threads: the usual one has steps of 10 ms."""
        threads = Path(f"/proc/{self.process}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads)


def requests(folder: Path, url: str, before: Path | None) -> None:
    """GET /v1/listings of an anonymous visitor: with what looks at callers, without it, and as it was before."""
    with ExitStack() as open_servers:
        kinds = {
            "without logins": open_servers.enter_context(_server("bare", folder / "now", url, Path.cwd())),
            "anonymous": open_servers.enter_context(_server("api", folder / "now", url, Path.cwd())),
        }
        if before is not None:
            old = open_servers.enter_context(embedded_postgres(folder / "postgres", database="before"))
            _run(["load", str(folder / "before"), old, str(CARS)], before)
            kinds["before logins"] = open_servers.enter_context(_server("api", folder / "before", old, before))
        for _ in range(10):
            for asked in kinds.values():
                asked.cpu_ms()
        times: dict[str, list[float]] = {name: [] for name in kinds}
        for round_ in range(REQUEST_ROUNDS):
            names = list(kinds)
            for name in names[round_ % len(names) :] + names[: round_ % len(names)]:
                times[name].append(kinds[name].cpu_ms())
    print(f"\nGET {_PATH}, {CARS} cars, {REQUEST_ROUNDS} rounds of {REQUESTS} requests each:")
    for name, found in times.items():
        print(f"{name:20} {statistics.median(found):.3f} ms of the server's CPU a request")
    for name in [name for name in times if name != "anonymous"]:
        ratios = [now / then for now, then in zip(times["anonymous"], times[name], strict=True)]
        low, ratio, high = statistics.quantiles(ratios, n=4)
        verdict = "holds" if ratio <= SLOWER else "MISSED"
        print(f"anonymous / {name}: {ratio:.3f} (quarters {low:.3f} to {high:.3f}; limit {SLOWER}: {verdict})")


@contextmanager
def _server(kind: str, home: Path, url: str, checkout: Path) -> Iterator[Asked]:
    port = free_port()
    process = subprocess.Popen([sys.executable, str(_SCRIPT), kind, str(port), str(home), url], env=_env(checkout))
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            _until_up(client, process)
            yield Asked(client, process.pid)
    finally:
        process.terminate()
        process.wait()


def _until_up(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            client.get("/healthz")
        except httpx.TransportError:
            if process.poll() is not None:
                break
            time.sleep(0.2)
        else:
            return
    raise SystemExit("A server did not come up.")


def _run(arguments: list[str], checkout: Path) -> None:
    subprocess.run([sys.executable, str(_SCRIPT), *arguments], env=_env(checkout), check=True)


def _env(checkout: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(checkout)}  # noqa: TID251  (handed to children)


if __name__ == "__main__":
    main()

"""Fuzz the API by its own OpenAPI document, as three roles, with all checks of Schemathesis. `make api-fuzz`.

Examples, boundary values, random valid and invalid requests, and sequences of operations. It prints one line a role and
exits with 1 where an answer is a server's error, undocumented, of another shape than documented, or takes what the
document refuses.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.app import create_app
from core.db.embedded import embedded_postgres
from core.db.logins import Login, login_settings, login_url
from core.db.migrate import upgrade_to_head
from core.db.session import make_engine
from core.security.platform_keys import new_key_settings
from core.settings import Settings
from core.storage import open_storage
from tests.api.conftest import served
from tests.factories.price_bands import trained_market
from tests.fuzz.market import FuzzedRole, fill_market

ROOT = Path(__file__).parents[2]


def fuzz_settings(home: Path, database_url: str) -> Settings:
    """A server behind a proxy on loopback; `new_key_settings` because the database is outside."""
    return Settings(
        automart_home=home,
        storage_url=None,
        meili_url=None,
        trusted_proxies="127.0.0.1",
        **login_settings(database_url),
        **new_key_settings(),
    )


@dataclass(frozen=True)
class FuzzResult:
    """The end of one role's run: the calls that were made, and the kinds of failure with their operations."""

    role: str
    complete: bool
    operations: int
    calls: int
    failures: dict[str, list[str]]
    log: Path

    @property
    def is_clean(self) -> bool:
        return self.complete and not self.failures


def fuzz_role(settings: Settings, role: FuzzedRole, url: str, folder: Path, *options: str) -> FuzzResult:
    """Run Schemathesis against a server as one role."""
    keys = [settings.sealing_keys, settings.index_key, settings.signing_keys]
    state = {
        "user_id": role.user_id,
        "upload_token": role.upload_token,
        "database_url": settings.database_pipelines_url.get_secret_value() if settings.database_pipelines_url else "",
        "keys": [key.get_secret_value() for key in keys if key is not None],
    }
    stated, report, log = (folder / f"{role.name}.{kind}" for kind in ("state", "json", "txt"))
    stated.write_text(json.dumps(state))
    config = ["--config-file", str(ROOT / "tests" / "fuzz" / "schemathesis.toml")]
    run = ["run", f"{url}/openapi.json", "--checks", "all", "--no-shrink", "--continue-on-failure"]
    reported = ["--report", "json", "--report-json-path", str(report), "--generation-database", "none"]
    command = [sys.executable, "-m", "tests.fuzz.caller", str(stated), *config, *run, *reported, *options]
    with log.open("w") as output:
        subprocess.run(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, check=False)
    if not report.exists():
        raise RuntimeError(f"Schemathesis did not run: {log.read_text()[-2000:]}")
    found = json.loads(report.read_text())
    failures = {each["title"]: each["operations"] for each in found["failures"]}
    operations = found["operations"]
    if operations["errored"] or found["test_cases"]["errored"]:
        failures["errors of the run"] = [f"{operations['errored']} operations"]
    complete = found["complete"] and operations["tested"] == operations["total"]
    return FuzzResult(role.name, complete, operations["tested"], found["test_cases"]["generated"], failures, log)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=60, help="random requests an operation, and sequences")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--role", help="this one alone")
    parser.add_argument("--logs", type=Path, help="keep the reports of Schemathesis in this folder")
    given, options = parser.parse_known_args()
    options += ["--seed", str(given.seed), "--max-examples", str(given.examples)]
    clean = True
    with tempfile.TemporaryDirectory(prefix="automart-fuzz-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        logs = given.logs or folder
        with fuzzed_server(folder) as (settings, roles, url):
            for role in (role for role in roles if given.role in (None, role.name)):
                result = fuzz_role(settings, role, url, logs, *options)
                clean = clean and result.is_clean
                print(
                    f"{role.name}: {result.calls} calls of {result.operations} operations, failures: {result.failures}"
                )
                if not result.is_clean:
                    print(result.log.read_text())
    sys.exit(0 if clean else 1)


@contextmanager
def fuzzed_server(folder: Path) -> Iterator[tuple[Settings, tuple[FuzzedRole, ...], str]]:
    """A server on a database and a market of its own."""
    with embedded_postgres(folder / "postgres") as database_url:
        owner = make_engine(login_url(database_url, Login.OWNER))
        upgrade_to_head(owner)
        owner.dispose()
        engine = make_engine(login_url(database_url, Login.PIPELINES))
        settings = fuzz_settings(folder / "home", database_url)
        roles = fill_market(settings, engine, trained_market(engine, open_storage(settings), folder))
        engine.dispose()
        with served(create_app(settings), settings) as client:
            yield settings, roles, str(client.base_url).rstrip("/")


if __name__ == "__main__":
    main()

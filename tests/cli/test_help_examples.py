"""Every "Example:" of every `--help` runs as it stands, typed into a shell, on the market of the demo."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import typer
from typer.core import TyperGroup

from cli.app import app
from core.clock import utc_now
from core.db.logins import Login, login_url
from core.settings import Settings, child_environment
from tests.factories.batches import sent_batch
from tests.meilisearch_server.running import running

pytestmark = [pytest.mark.slow, pytest.mark.sweep, pytest.mark.timeout(1200)]
DATA = Path(__file__).parents[1] / "data" / "feeds"
ANY_ID = "0198c1f2-6a3e-7c4d-9b1a-2f6d1c0e8a77"
FIRST = (
    "automart demo",
    "automart dealers add khan-motors",
    "automart feeds suggest",
    "automart feeds import stock.csv",
    "automart feeds sources add",
)
REFUSED = {  # what stands against it here, and would where the example is typed first
    "automart search embed": (2, "semantic"),
    "automart price-bands rollback": (2, "no_earlier_price_model"),
    "automart price-bands report": (2, "listing_not_found"),
    "automart feeds pull": (1, "dealer.example"),
    "automart moderation check": (1, "contact_phone"),
}


def examples() -> list[str]:
    """All of them; those that make what others need come first."""
    found, commands = set(), [typer.main.get_command(app)]
    while commands:
        command = commands.pop()
        if isinstance(command, TyperGroup):
            commands += [command.get_command(None, name) for name in command.list_commands(None)]
        for text in re.findall(r"Example: (.+?)(?:\n\n|\Z)", command.help or "", re.DOTALL):
            found.add(" ".join(text.split()))
    rank = {start: at for at, start in enumerate(FIRST)}
    return sorted(
        found, key=lambda text: (min([at for start, at in rank.items() if text.startswith(start)] or [9]), text)
    )


@dataclass
class Shell:
    """A shell in a folder with a dealer's files, and the environment of a home."""

    folder: Path
    settings: Settings
    meilisearch: dict[str, str]  # the variables of a running server, for the one example that needs it

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        path = f"{Path(sys.executable).parent}:{os.defpath}"
        env = child_environment(self.settings) | {"PATH": path}
        return subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=env, capture_output=True, text=True, timeout=900
        )

    def sql(self, statement: str) -> str:
        assert self.settings.database_pipelines_url is not None
        with psycopg.connect(self.settings.database_pipelines_url.get_secret_value()) as connection:
            row = connection.execute(statement).fetchone()
        return str(row[0]) if row else ""


@pytest.fixture
def shell(settings: Settings, session_factory: object) -> Iterator[Shell]:
    with tempfile.TemporaryDirectory(prefix="automart-") as name:
        folder = Path(name)
        rows = [f"K{number},Toyota,Corolla,{2005 + number % 15},{30 + number} lacs" for number in range(40)]
        header = "Stock No,Make,Model,Year,Demand"
        (folder / "stock.csv").write_text("\n".join([header, *rows, ""]))
        (folder / "batches.jsonl").write_text(f"{json.dumps(sent_batch(at=utc_now()))}\n")
        (folder / "shrunken.csv").write_text("\n".join([header, *rows[:5], ""]))
        for name in ("ads.csv", "cars.csv"):
            (folder / name).write_bytes((DATA / "classifieds_titles.csv").read_bytes())
        with running("a-master-key-of-the-tests") as server:
            variables = {
                "MEILI_URL": server.url,
                "MEILI_KEY": server.admin_key,
                "MEILI_SEARCH_KEY": server.search_key["key"],
                "MEILI_SEARCH_KEY_UID": server.search_key["uid"],
            }
            yield Shell(folder, settings, variables)


def prepared(shell: Shell, example: str) -> str:
    """The example with ids that exist; what has to be there before it is made."""
    if example.startswith("automart dealers add khan-motors"):
        shell.sql("UPDATE orgs SET code = 'earlier' WHERE code = 'khan-motors' RETURNING code")
    if example.startswith("DATABASE_OWNER_URL="):
        assert shell.settings.database_pipelines_url is not None
        owner = login_url(shell.settings.database_pipelines_url.get_secret_value(), Login.OWNER)
        return f"DATABASE_OWNER_URL='{owner}' {example.partition(' ')[2]}"
    if example.startswith(("automart work", "automart up")):  # both run until Ctrl-C
        return f"timeout --preserve-status -s INT 40 {example}"
    if example.startswith("automart search token"):
        with_server = " ".join(f"{name}={value}" for name, value in shell.meilisearch.items())
        return f"{with_server} automart search sync && {with_server} {example}"
    if example.startswith("printenv MASTER"):
        return f"export MASTER=a-master-key-of-the-tests MEILI_URL={shell.meilisearch['MEILI_URL']}; {example}"
    if ANY_ID not in example:
        return example
    if example.startswith("automart feeds sources remove"):
        return example.replace(ANY_ID, shell.sql("SELECT id FROM feed_sources"))
    if example.startswith("automart feeds origin"):
        return example.replace(ANY_ID, shell.sql("SELECT id FROM listings"))
    return example.replace(ANY_ID, _file_that_held_removals(shell))


def _file_that_held_removals(shell: Shell) -> str:
    held = "SELECT id FROM feed_files WHERE name = 'shrunken.csv'"
    if not shell.sql(held):
        done = shell.run("automart feeds import shrunken.csv --dealer khan-motors")
        assert done.returncode == 0, done.stderr
    return shell.sql(held)


def test_every_example_runs(shell: Shell) -> None:
    known = examples()
    assert len(known) > 35
    failed = []
    for example in known:
        done = shell.run(prepared(shell, example))
        code, words = next((each for start, each in REFUSED.items() if example.startswith(start)), (0, ""))
        if done.returncode != code or words not in done.stdout + done.stderr or "Traceback" in done.stderr:
            failed.append(f"{example}\nends with {done.returncode}: {done.stderr[-600:]}")
    assert not failed, "\n".join(failed)

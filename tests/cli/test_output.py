"""Text from files breaks neither the JSON nor the terminals that commands print to; bad homes get a sentence."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.output import print_json
from cli.tables import print_table
from core.db.session import SessionFactory, transaction
from core.identity.orgs import add_org
from core.settings import Settings, child_environment

pytestmark = pytest.mark.slow

LONE = "\ud83d"  # half of an emoji
JSON_STOCK = '[{"id": "K1", "ma\\ud83dke": "Toyota \\ud83d", "model": "Corolla \\u001b[31m", "year": 2018}]'


def automart(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments], env=child_environment(settings), capture_output=True
    )


def test_half_a_character_survives_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    value = {f"key {LONE}": [f"Toyota {LONE}", "ٹویوٹا", os.fsdecode(b"l\xe4ger.csv")]}
    print_json(value)
    line = capsys.readouterr().out
    line.encode()
    assert json.loads(line) == value
    assert "ٹویوٹا" in line


def test_table_in_a_pipe_cuts_no_names(capsys: pytest.CaptureFixture[str]) -> None:
    name = "audit_records.session_id"
    print_table(["domain", "column", "holds"], [("audit", name, "x" * 200), ("audit", name, "y")])
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [
        ["domain", "column"],
        ["audit", name],
        ["audit", name],
    ]


@pytest.mark.parametrize("options", [["--json"], [], ["--json", "--save", "khan-sheet", "--dealer", "khan-motors"]])
def test_half_a_character_in_a_file_does_not_stop_suggest(
    settings: Settings, session_factory: SessionFactory, tmp_path: Path, options: list[str]
) -> None:
    with transaction(session_factory) as session:
        add_org(session, "khan-motors", "Khan Motors")
    file = tmp_path / "stock.json"
    file.write_text(JSON_STOCK)
    done = automart(settings, "feeds", "suggest", str(file), *options)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
    text = done.stdout.decode()
    assert "\x1b" not in text
    if options:
        assert "mapping" in json.loads(text)


@pytest.mark.parametrize("as_json", [True, False])
def test_error_that_quotes_a_file_name_of_other_bytes_is_a_sentence(settings: Settings, as_json: bool) -> None:
    name = os.fsdecode(b"/tmp/l\xe4ger\x1b[31m.csv")
    options = ["--dealer", "classifieds", *(["--json"] if as_json else [])]
    done = automart(settings, "feeds", "import", name, *options)
    assert (done.returncode, b"Traceback" in done.stderr, b"\x1b[31m" in done.stderr) == (2, False, False)
    if as_json:
        assert json.loads(done.stdout)["status"] == "refused"


@pytest.mark.parametrize("home", ["/proc/automart", "/sys/automart", "/dev/null/automart"])
@pytest.mark.parametrize("command", [("dealers", "list"), ("up",), ("demo", "--no-serve")])
def test_home_that_cannot_be_made_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, home: str, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("AUTOMART_HOME", home)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("Error (home_not_writable): The folder ")
    assert "AUTOMART_HOME" in done.stderr


AS_ANOTHER_USER = """
import os, sys
import cli.dealers
from cli.app import main
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
sys.argv = ["automart", "dealers", "list"]
main()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_home_without_rights_is_one_sentence() -> None:
    with tempfile.TemporaryDirectory(prefix="automart-") as name:
        home = Path(name) / "home"
        home.mkdir()
        Path(name).chmod(0o755)
        env = child_environment(Settings(automart_home=home))
        env.pop("DATABASE_URL", None)
        env.pop("COVERAGE_PROCESS_CONFIG", None)  # the other user may not write its figures where `make coverage` runs
        done = subprocess.run([sys.executable, "-c", AS_ANOTHER_USER], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith("Error (home_not_writable): ")

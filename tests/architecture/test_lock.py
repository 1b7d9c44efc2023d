"""The lock is complete, hashed, and tied to no machine."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ]", each, maxsplit=1)[0].lower().replace("_", "-") for each in requirements}


def test_every_pin_is_exact_and_hashed() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    bad = [entry.splitlines()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
    assert bad == []


def test_lock_holds_every_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = names(project["dependencies"] + project["optional-dependencies"]["dev"])
    pinned = {line.split("==")[0].lower() for line in LOCK.splitlines() if "==" in line}
    assert declared - pinned == set()


def test_lock_of_the_peers_pins_extras_as_they_are_asked_for() -> None:
    """`gql[requests]` was asked for by a package and pinned as `gql`: pip refuses that in its mode of hashes."""
    lock = (ROOT / "requirements-bench.lock").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {line.split("==")[0] for line in lock.splitlines() if "==" in line}
    assert set(project["optional-dependencies"]["bench"]) <= pinned
    assert "dagster" not in pinned, "peers stand in an environment of their own"
    assert re.findall(r"https?://|file:|index-url|find-links|^/", lock, flags=re.MULTILINE) == []


def test_lock_names_no_host_and_no_path() -> None:
    assert re.findall(r"https?://|file:|index-url|find-links|^/", LOCK, flags=re.MULTILINE) == []

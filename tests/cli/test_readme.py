"""The README's commands for a new user work as they are written: log in, post a car, find it, read the audit record."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.demonstration.people import add_people
from cli.processes.services import Program, start, stop_all, wait_until_ready
from core.db.session import transaction
from core.identity.orgs import BranchSpec, ensure_branches, ensure_org
from core.platform import open_platform
from core.settings import NOT_FOR_THE_API, Settings
from samples.people import STAFF_CODE, market_people
from tests.cli.test_up import free_port
from tests.ready_database import READY_DATABASE
from tests.waiting import until

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PART = README[README.index("## Log in") : README.index("## The asset graph")]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[int]:
    """The API and the loops on a home that has the demo's people, without its 4,000 cars."""
    home, port = tmp_path / ".automart", free_port()
    READY_DATABASE.lay(home)
    settings = Settings(automart_home=home, api_port=port, storage_url=None, meili_url=None)
    with open_platform(settings) as platform:
        with transaction(platform.sessions) as session:
            for person in market_people():
                if person.org not in (None, STAFF_CODE):
                    org = ensure_org(session, str(person.org), str(person.org).title())
                    ensure_branches(session, org, [BranchSpec(person.branch, person.branch)] if person.branch else [])
        add_people(platform)
        command = ["api", "--host", "127.0.0.1", "--port", str(port)]
        services = [
            start(Program("API", command, "127.0.0.1", port, "/healthz", withheld=NOT_FOR_THE_API), settings, cwd=ROOT),
            start(Program("Loops", ["cli", "work"]), settings, cwd=ROOT),
        ]
        try:
            wait_until_ready(services[0])
            until(lambda: bool(loops_of(port)) and all(each["live"] for each in loops_of(port)))
            yield port
        finally:
            stop_all(services)
            for each in services:
                each.process.wait()


def loops_of(port: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).json().get("loops", [])
    return found


def test_a_dealer_logs_in_posts_a_car_and_finds_it(api: int, tmp_path: Path) -> None:
    (tmp_path / ".venv/bin").mkdir(parents=True)
    python = tmp_path / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    script = "\n".join(re.findall(r"```sh\n(.*?)```", PART, re.DOTALL)).replace(":8000", f":{api}")
    lines = re.sub(r"^curl", "echo; curl", script, flags=re.MULTILINE)
    done = subprocess.run(["bash", "-c", lines], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    answers = [json.loads(line) for line in done.stdout.splitlines() if line]
    assert len(answers) == 4, (done.stdout, done.stderr)
    me, photo, found, recorded = answers
    assert me["memberships"][0]["role"] == "org_admin"
    assert (photo["slot"], photo["is_public"]) == ("front", False)
    [car] = found["items"]
    assert (car["title"], car["dealer"]["code"], car["photo_count"]) == ("Toyota Corolla 2018", "chenab-wheels", 1)
    assert car["cover"]["photo_id"] == photo["photo_id"]
    assert {"listings.post", "listings.move"} <= {each["action"] for each in recorded["records"]}

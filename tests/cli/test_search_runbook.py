"""The way to Meilisearch and back, command by command as the runbook has it, from an empty server to `in step`."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.db.session import SessionFactory, transaction
from core.settings import Settings, child_environment
from tests.factories.listings import add_many
from tests.meilisearch_server.running import running

PAGE = Path(__file__).parents[2] / "docs" / "runbooks" / "search.md"
MASTER = "a-master-key-of-the-tests"


def blocks() -> list[str]:
    """The commands of the section, a block a step; those of Docker are left out."""
    section = (
        PAGE.read_text(encoding="utf-8").partition("## Moving from embedded to Meilisearch")[2].partition("\n## ")[0]
    )
    found = [
        re.sub("^ +", "", block, flags=re.MULTILINE) for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    ]
    return [block for block in found if "docker" not in block]


@pytest.mark.slow
def test_page_leads_from_an_empty_server_to_in_step_and_back(
    environment: Settings, session_factory: SessionFactory, tmp_path: Path
) -> None:
    with transaction(session_factory) as session:
        add_many(session, 12)
    there, services, back = blocks()[:2], blocks()[2], blocks()[3]
    (tmp_path / ".env").write_text("# of the platform\n")
    with running(MASTER) as server:
        script = "set -e\n" + "".join([*there, services, "echo ---\n", back]).replace(
            "http://127.0.0.1:7700", server.url
        )
        path = f"{Path(sys.executable).parent}:{os.defpath}"
        env = child_environment(environment) | {"PATH": path, "MASTER": MASTER}
        env = {name: value for name, value in env.items() if not name.startswith("MEILI_")}
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        moved, _, returned = done.stdout.partition("---")
        assert "0 changes behind: in step." in moved
        assert "The server took" in moved
        assert "0 changes behind: in step." in returned
        assert "The server took" not in returned
        assert len(server.routes.store.indexes) == 1
    assert (tmp_path / ".env").read_text() == "# of the platform\n"

"""A store that is away is one sentence and exit code 75 ("try again"), from a real command."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.db.session import SessionFactory, transaction
from core.identity.orgs import add_org
from core.settings import Settings, child_environment

pytestmark = pytest.mark.slow


def test_import_with_the_store_away_says_so_in_one_sentence(
    session_factory: SessionFactory, settings: Settings, tmp_path: Path
) -> None:
    with transaction(session_factory) as session:
        add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
    sheet = tmp_path / "stock.csv"
    sheet.write_text("Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2018,45 lacs\n", encoding="utf-8")
    env = child_environment(settings.model_copy(update={"storage_url": "s3://bucket/prefix"})) | {
        "AWS_ENDPOINT": "http://127.0.0.1:1",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "us-east-1",
    }
    command = [sys.executable, "-m", "cli", "feeds", "import", str(sheet), "--dealer", "khan-motors"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 75, done.stderr
    assert done.stderr.startswith("Error (storage_unavailable): ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert [word for word in ("127.0.0.1", "Debug", "bucket") if word in done.stderr] == []

"""`automart search unread-words` shows what many devices typed in vain, from events as apps send them."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from core.access.thresholds import FEWEST_DEVICES
from core.settings import Settings
from tests.conftest import KEYS
from tests.factories.batches import NOW, sent_batch, sent_event


def test_words_of_many_devices_are_listed_and_those_of_few_are_counted(
    environment: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    del environment
    for name, value in KEYS.items():
        monkeypatch.setenv(name.upper(), value)
    for command in ("engagement.compact", "search.unread"):
        monkeypatch.setattr(f"cli.{command}.utc_now", lambda: NOW + timedelta(days=3))
    batches = [
        sent_batch(
            sent_event(None, type="search", query="gari sunroof" if one else "sunroof quokka", results=0),
            device_id=f"phone-{one}", session_id=f"s{one}", received_at=NOW.isoformat(),
        )
        for one in range(FEWEST_DEVICES)
    ]  # fmt: skip
    file = tmp_path / "batches.jsonl"
    file.write_text("".join(f"{json.dumps(batch)}\n" for batch in batches))
    runner = CliRunner()
    for command in (["engagement", "load", str(file)], ["engagement", "compact"], ["search", "sync"]):
        done = runner.invoke(app, command)
        assert done.exit_code == 0, done.output
    shown = runner.invoke(app, ["search", "unread-words", "--days", "7"])
    assert shown.exit_code == 0, (shown.output, shown.exception)
    assert "sunroof" in shown.stdout
    assert f"0 of {FEWEST_DEVICES} searches were understood. 1 further words" in " ".join(shown.stdout.split())
    assert "quokka" not in shown.output
    told = json.loads(runner.invoke(app, ["search", "unread-words", "--json"]).stdout)
    assert told["words"] == [{"word": "sunroof", "devices": 20, "searches": 20, "without_cars": 20}]

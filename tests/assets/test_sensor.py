"""The sensor asks once for everything that landed, and not before the inbox stands still."""

import os
from pathlib import Path

import dagster as dg
import pytest

from assets.defs.feeds.sensors import feed_files_landed
from assets.keys import FEED_FILES
from assets.metadata import INBOX_FINGERPRINT
from pipelines.feeds.deliveries.inbox import inbox_fingerprint


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("AUTOMART_HOME", str(tmp_path))
    return tmp_path / "inbox"


def tick(instance: dg.DagsterInstance, cursor: str | None) -> tuple[list[str], str | None]:
    """Evaluate once; return the run keys asked for, and the cursor for the next tick."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    result = feed_files_landed(context)
    if isinstance(result, dg.SensorResult):
        return [str(request.run_key) for request in result.run_requests or []], result.cursor
    assert isinstance(result, dg.SkipReason)
    return [], context.cursor


def land(inbox: Path, name: str, text: str) -> None:
    path = inbox / "khan-motors" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_empty_inbox_asks_for_nothing(instance: dg.DagsterInstance, inbox: Path) -> None:
    assert tick(instance, None) == ([], None)
    inbox.mkdir()
    assert tick(instance, None) == ([], None)


def test_many_files_ask_for_one_run_once_they_stand_still(instance: dg.DagsterInstance, inbox: Path) -> None:
    land(inbox, "monday.csv", "a")
    keys, cursor = tick(instance, None)
    assert keys == []
    land(inbox, "tuesday.csv", "still being copied")
    keys, cursor = tick(instance, cursor)
    assert keys == []
    keys, cursor = tick(instance, cursor)
    assert keys == [inbox_fingerprint(inbox)]


def test_what_was_taken_is_not_asked_for_again(instance: dg.DagsterInstance, inbox: Path) -> None:
    land(inbox, "monday.csv", "a")
    seen = inbox_fingerprint(inbox)
    instance.report_runless_asset_event(dg.AssetMaterialization(FEED_FILES, metadata={INBOX_FINGERPRINT: seen}))
    assert tick(instance, None) == ([], None)
    land(inbox, "tuesday.csv", "b")
    _, cursor = tick(instance, None)
    keys, _ = tick(instance, cursor)
    assert keys == [inbox_fingerprint(inbox)]
    assert keys != [seen]


def test_name_that_is_no_utf8_does_not_stop_the_sensor(instance: dg.DagsterInstance, inbox: Path) -> None:
    land(inbox, os.fsdecode(b"l\xe4ger.csv"), "a")
    _, cursor = tick(instance, None)
    keys, _ = tick(instance, cursor)
    assert keys == [inbox_fingerprint(inbox)]

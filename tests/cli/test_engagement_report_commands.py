"""`automart engagement load`, then `compact`, `aggregate`, `report` and `explain`, as an analyst runs them."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from cli import engagement
from core.db.session import SessionFactory, transaction
from core.settings import Settings
from core.storage import Storage
from pipelines.engagement.cold.parquet import PREFIX
from tests.conftest import KEYS
from tests.factories.batches import NOW, sent_batch, sent_event
from tests.factories.listings import add_listing

RANGE = ["--from", "2026-11-20", "--to", "2026-11-21"]
BOT = "Googlebot/2.1 (+http://www.google.com/bot.html)"


@pytest.fixture(autouse=True)
def _environment(environment: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    del environment
    for name, value in KEYS.items():
        monkeypatch.setenv(name.upper(), value)
    for command in ("compact", "aggregate"):
        monkeypatch.setattr(f"cli.engagement.{command}.utc_now", lambda: NOW + timedelta(days=3))


def run(*arguments: str, status: int = 0) -> Any:
    result = CliRunner().invoke(engagement.app, [*arguments, "--json"])
    assert result.exit_code == status, (result.output, result.exception)
    return json.loads(result.stdout)


def loaded(tmp_path: Path, *batches: dict[str, Any]) -> None:
    file = tmp_path / "batches.jsonl"
    file.write_text("".join(f"{json.dumps(batch)}\n" for batch in batches))
    run("load", str(file))


def test_loaded_events_are_reported_by_definition_and_explained(
    session_factory: SessionFactory, storage: Storage, tmp_path: Path
) -> None:
    with transaction(session_factory) as session:
        car = add_listing(session)
    first = sent_event(car)
    day_before = NOW.replace(hour=18, minute=59) - timedelta(days=1)  # of 19 November in Karachi
    next_day = NOW.replace(hour=19, minute=0)  # of the 21st
    batches = [
        sent_batch(first, first, sent_event(car, type="call_click"), sent_event(car, id=first["id"], position=3)),
        sent_batch(sent_event(car), device_id="phone-2", session_id="s2"),
        sent_batch(sent_event(car), device_id="crawler", session_id="s3", user_agent=BOT),
        sent_batch(sent_event(car, at=next_day), at=next_day, received_at=next_day.isoformat()),
        sent_batch(sent_event(car, at=day_before), at=day_before, received_at=day_before.isoformat()),
    ]
    loaded(tmp_path, *({"received_at": NOW.isoformat(), **batch} for batch in batches))
    assert run("compact")["events"] == 6
    assert run("aggregate", *RANGE)["refused"] == []
    for by in ("listing", "dealer", "model", "city"):
        report = run("report", "--by", by, *RANGE)
        (row,) = report["rows"]
        figures = {name: row[name] for name in ("views", "visitors", "sessions", "contacts", "leads", "bot_views")}
        assert figures == {"views": 3, "visitors": 2, "sessions": 2, "contacts": 1, "leads": 0, "bot_views": 1}
        assert (report["uniques"], report["complete_until"]) == ("exact", report["end"])
    for by in ("dealer", "model", "city", "source"):
        (row,) = run("funnel", "--by", by, *RANGE)["rows"]
        assert (row["search"], row["view"], row["contact"], row["contact_p50_s"], row["lead"]) == (None, 2, 1, 0, None)
    assert row["key"] == "feed"
    explained = run("explain", str(car), "--day", "2026-11-20")
    assert explained["views"] == {"bot": 1, "none": 2}
    assert (explained["duplicate"], explained["rejected"]) == (1, {"id_reused": 1})

    with transaction(session_factory) as session:
        stored = session.scalar(text("SELECT sum(views) FROM engagement_aggregates"))
    for key in storage.keys(PREFIX):
        storage.delete(key)
    refused = run("aggregate", *RANGE, status=1)["refused"]
    assert len(refused) == 2
    assert "is missing" in refused[0]
    with transaction(session_factory) as session:
        assert session.scalar(text("SELECT sum(views) FROM engagement_aggregates")) == stored


@pytest.mark.parametrize(
    "days", [["--from", "2026-11-02", "--to", "2026-11-01"], ["--from", "1826-11-02"], ["--from", "x"]]
)
def test_impossible_range_is_told_without_a_traceback(days: list[str]) -> None:
    result = CliRunner().invoke(engagement.app, ["aggregate", *days])
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr

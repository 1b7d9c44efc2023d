"""`automart engagement load` and `schemas`."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import engagement
from core.db.session import SessionFactory, transaction
from core.settings import Settings
from tests.conftest import KEYS
from tests.factories.batches import NOW, sent_batch, sent_event
from tests.factories.listings import add_listing


@pytest.fixture(autouse=True)
def _environment(environment: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    del environment
    for name, value in KEYS.items():
        monkeypatch.setenv(name.upper(), value)


def test_load_answers_each_line_and_tells_what_it_refused(session_factory: SessionFactory, tmp_path: Path) -> None:
    with transaction(session_factory) as session:
        car = add_listing(session)
    batch = sent_batch(sent_event(car), sent_event(car, type="nonsense"), received_at=NOW.isoformat())
    file, answers = tmp_path / "batches.jsonl.gz", tmp_path / "answers.jsonl"
    file.write_bytes(gzip.compress(f"{json.dumps(batch)}\nnonsense\n".encode()))
    loaded = CliRunner().invoke(engagement.app, ["load", str(file), "--answers", str(answers), "--json"])
    assert loaded.exit_code == 1, (loaded.output, loaded.exception)
    assert (loaded.exit_code, json.loads(loaded.stdout)) == (
        1,
        {
            "batches": 2, "events": 2, "accepted": 1, "duplicate": 0, "rejected": 1, "refused_batches": 1,
            "codes": {"unknown_type": 1, "bad_batch": 1},
        },
    )  # fmt: skip
    assert "Line 2 (bad_batch)" in loaded.stderr
    assert [json.loads(line)["line"] for line in answers.read_text().splitlines()] == [1, 2]


def test_missing_file_is_told_without_a_traceback(tmp_path: Path) -> None:
    missing = CliRunner().invoke(engagement.app, ["load", str(tmp_path / "none.jsonl")])
    assert (missing.exit_code, "file_unusable" in missing.stderr) == (2, True)


def test_schemas_are_one_json_schema() -> None:
    printed = json.loads(CliRunner().invoke(engagement.app, ["schemas"]).stdout)
    assert len(printed["oneOf"]) == len(printed["$defs"]) == 14

"""`automart moderation check` says what the rules find, and keeps nothing."""

import json

import pytest
from typer.testing import CliRunner

from cli.app import app

RUNNER = CliRunner()


def test_clean_text_ends_well() -> None:
    result = RUNNER.invoke(app, ["moderation", "check", "First owner, 45 lac, 84,000 km"])
    assert (result.exit_code, result.stdout.strip()) == (0, "Nothing found.")


@pytest.mark.parametrize("way", ["argument", "stdin"])
def test_dirty_text_is_explained(way: str) -> None:
    text = "call 0300-1234567"
    given = ["moderation", "check", *([text] if way == "argument" else [])]
    result = RUNNER.invoke(app, given, input=text if way == "stdin" else None)
    assert result.exit_code == 1
    assert "contact_phone" in result.stdout
    assert "نمبر" in result.stdout


def test_findings_come_as_json() -> None:
    result = RUNNER.invoke(app, ["moderation", "check", "", "--json"])
    assert result.exit_code == 0
    assert [each["code"] for each in json.loads(result.stdout)] == ["description_missing"]

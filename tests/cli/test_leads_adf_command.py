"""`automart leads adf`."""

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.app import app
from tests.pipelines.leads.adf.documents import OFFICIAL_SAMPLE, mail


def test_what_was_read_is_shown(tmp_path: Path) -> None:
    sample, letter, bounce = (tmp_path / name for name in ("lead.xml", "letter.eml", "bounce.eml"))
    sample.write_text(OFFICIAL_SAMPLE, "utf-8")
    letter.write_bytes(mail(b"Is it \x1b[2J there?"))
    bounce.write_bytes(mail(b"gone", "Return-Path: <>"))
    run = CliRunner().invoke

    shown = run(app, ["leads", "adf", str(sample)])
    read = json.loads(run(app, ["leads", "adf", str(letter), "--json"]).stdout)

    assert shown.exit_code == 0
    assert "John Doe, jdoe@example.com, 393-999-3922" in shown.stdout
    assert (read["kind"], read["external_ids"]) == ("text", ["mail:<one@example.com>:0"])
    assert "\x1b" not in run(app, ["leads", "adf", str(letter)]).stdout
    assert "no lead (empty_return_path)" in run(app, ["leads", "adf", str(bounce)]).stdout


def test_file_that_declares_entities_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "bad.xml"
    file.write_text('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><adf/>')

    result = CliRunner().invoke(app, ["leads", "adf", str(file)])

    assert (result.exit_code, result.stderr.splitlines()[0][:28]) == (2, "Error (adf_entities_refused)")

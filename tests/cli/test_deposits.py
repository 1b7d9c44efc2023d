"""`automart deposits reconcile`: what it takes in, says and refuses."""

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.app import app
from core.db.session import SessionFactory
from core.settings import Settings
from tests.factories.deposits import Till, sandbox


def test_settlement_is_taken_in_and_differences_end_the_command_with_1(
    environment: Settings, session_factory: SessionFactory, tmp_path: Path
) -> None:
    with sandbox() as server:
        Till.of(session_factory, server).held()
        text = server.books.settlement()
    file = tmp_path / "settlement.csv"
    run = CliRunner().invoke
    file.write_text(text)
    for kept in (1, 0):
        agreed = run(app, ["deposits", "reconcile", "--settlement", str(file), "--json"])
        told = json.loads(agreed.stdout)
        assert (agreed.exit_code, told["matched"], told["differences"], told["file"]["kept"]) == (0, 1, [], kept)
    assert told["ledger"] == {"sum": 0, "holds": True}
    file.write_text(text.splitlines()[0] + "\nrefund,Z9,x,7.50,2026-05-02\n")
    differing = run(app, ["deposits", "reconcile", "--settlement", str(file)])
    assert differing.exit_code == 1
    assert "matched: 1, missing here: 1" in differing.stdout
    assert "7.50" in differing.stdout
    file.write_text(text.splitlines()[0] + "\npayout,FT1,nobody's,12.25,2026-05-02\n")
    unasked = run(app, ["deposits", "reconcile", "--settlement", str(file), "--provider", "bank"])
    assert unasked.exit_code == 1
    assert "missing here: 2" in unasked.stdout
    assert "FT1" in unasked.stdout
    file.write_text("nothing")
    refused = run(app, ["deposits", "reconcile", "--settlement", str(file), "--provider", "jazzcash"])
    assert refused.exit_code != 0
    assert "lacks the column" in refused.output

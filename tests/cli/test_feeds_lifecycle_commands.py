"""`automart feeds` after the import: diff, replay, approve, undo, origin, report; and a dealer's limits."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import func, select
from typer.testing import CliRunner

from cli import dealers, feeds
from core.db.session import SessionFactory, transaction
from core.db.tables import FeedAction, FeedGuardOverrides, Listing
from core.identity.orgs import add_org
from core.settings import Settings
from tests.factories.feeds import HEADER

Run = Callable[..., Result]


@pytest.fixture
def run(session_factory: SessionFactory, environment: Settings) -> Run:
    with transaction(session_factory) as session:
        add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
    return lambda *arguments: CliRunner().invoke(feeds.app, [str(each) for each in arguments])


def sheet(folder: Path, count: int, *more: str, price: str = "45 lacs", name: str = "stock.csv") -> Path:
    path = folder / name
    cars = [f"A{at:02},Toyota Corolla,Toyota,Corolla,2018,{price},," for at in range(count)]
    path.write_text("\n".join([HEADER, *cars, *more, ""]), encoding="utf-8")
    return path


def answer(result: Result) -> Any:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return json.loads(result.stdout)


def imported(run: Run, path: Path, *options: str) -> dict[str, Any]:
    told: dict[str, Any] = answer(run("import", path, "--dealer", "khan-motors", "--json", *options))
    return told


def live(factory: SessionFactory) -> int:
    with factory() as session:
        return session.scalar(select(func.count()).where(Listing.status == "live")) or 0


def test_held_removals_are_approved_and_undone_with_a_name(
    run: Run, tmp_path: Path, session_factory: SessionFactory
) -> None:
    imported(run, sheet(tmp_path, 30))
    result = run("import", sheet(tmp_path, 10), "--dealer", "khan-motors")
    assert "automart feeds approve" in result.stderr
    file_id = answer(run("files", "--limit", "1", "--json"))[0]["file_id"]
    assert "20 cars removed" in run("approve", file_id, "--by", "ayesha").stdout
    assert live(session_factory) == 10
    told = answer(run("undo", file_id, "--by", "bilal", "--json"))
    assert (told["kind"], told["changed"], live(session_factory)) == ("undone", 20, 30)
    with session_factory() as session:
        actions = session.execute(select(FeedAction.kind, FeedAction.actor).order_by(FeedAction.at))
        assert [tuple(row) for row in actions] == [("approved", "ayesha"), ("undone", "bilal")]
    again = run("undo", file_id)
    assert (again.exit_code, "nothing to undo" in again.stderr) == (2, True)


@pytest.mark.slow
def test_diff_shows_the_changes_and_makes_none(run: Run, tmp_path: Path, session_factory: SessionFactory) -> None:
    imported(run, sheet(tmp_path, 5))
    path = sheet(tmp_path, 4, "B1,Honda Civic,Honda,Civic,2020,70 lacs,,", price="46 lacs")
    text = run("diff", path, "--dealer", "khan-motors").stdout
    for line in ("+ B1", "~ A00", "price_pkr: 4,500,000 -> 4,600,000", "- A04"):
        assert line in text
    told = answer(run("diff", path, "--dealer", "khan-motors", "--json"))
    assert [len(told["changes"][kind]) for kind in ("created", "updated", "removed")] == [1, 4, 1]
    assert live(session_factory) == 5
    file_id = imported(run, path)["file_id"]
    stored = answer(run("diff", file_id, "--json"))
    assert stored["changes"] == {"created": [], "updated": [], "removed": []}
    unknown = run("diff", "stock.csv")
    assert (unknown.exit_code, "--dealer" in unknown.stderr) == (2, True)


def test_replay_reads_the_stored_file_again(run: Run, tmp_path: Path) -> None:
    file_id = imported(run, sheet(tmp_path, 3, "B1,Honda Civic,Honda,Civic,1820,70 lacs,,"))["file_id"]
    told = answer(run("replay", file_id, "--json"))
    assert (told["status"], told["created"], told["unchanged"], told["rejected"]) == ("applied", 0, 3, 1)
    assert "read again" in run("replay", file_id).stdout


def test_origin_names_file_row_mapping_and_run(run: Run, tmp_path: Path, session_factory: SessionFactory) -> None:
    imported(run, sheet(tmp_path, 3))
    with session_factory() as session:
        listing_id = session.scalars(select(Listing.id).where(Listing.source_key == "A01")).one()
    told = answer(run("origin", listing_id, "--json"))
    assert (told["file"], told["row_number"], told["mapping"], told["run_id"]) == ("stock.csv", 2, "showroom", "cli")
    assert told["mapping_version"] >= 1
    assert "stock.csv, row 2" in run("origin", listing_id).stdout
    assert run("origin", "00000000-0000-0000-0000-000000000000").exit_code == 2


def test_report_is_readable_and_has_the_same_in_json(run: Run, tmp_path: Path) -> None:
    assert "Nothing was delivered yet" in run("report", "khan-motors").stdout
    imported(run, sheet(tmp_path, 30, name="stock-20260502.csv"))
    imported(run, sheet(tmp_path, 10, "B1,Honda Civic,Honda,Civic,1820,70 lacs,,", name="stock-20260503.csv"))
    late = imported(run, sheet(tmp_path, 29, name="stock-20260501.csv"))
    assert (late["status"], late["read"], "stock-20260503.csv" in late["message"]) == ("stale", 0, True)
    text = run("report", "khan-motors").stdout
    for words in (
        "30 cars live",
        "HELD: stock-20260503.csv lacks 20 cars",
        "bad_year",
        "Fix: Correct the year.",
        "1820",
    ):
        assert words in text
    told = answer(run("report", "khan-motors", "--json"))
    assert (told["live"], len(told["deliveries"]), told["held"][0]["cars"]) == (30, 3, 20)


def test_older_snapshot_is_stale_in_words_and_json(run: Run, tmp_path: Path, session_factory: SessionFactory) -> None:
    imported(run, sheet(tmp_path, 3, price="50 lacs"))
    told = imported(run, sheet(tmp_path, 4), "--snapshot-at", "2026-01-01T09:30")
    assert (told["status"], told["read"], live(session_factory)) == ("stale", 0, 3)
    assert "came after" in told["message"]
    assert "stale" in run("report", "khan-motors").stdout
    wrong = run("import", sheet(tmp_path, 1), "--dealer", "khan-motors", "--snapshot-at", "yesterday")
    assert (wrong.exit_code, "2026-05-01T09:30" in wrong.stderr) == (2, True)


def test_limits_are_set_and_reset(run: Run, session_factory: SessionFactory) -> None:
    def set_limits(*options: str) -> Result:
        return CliRunner().invoke(dealers.app, ["set-limits", "khan-motors", *options])

    told = answer(set_limits("--share", "0.5", "--by", "ayesha", "--json"))
    assert told == {"code": "khan-motors", "share": 0.5, "always": 5, "most": 1000}
    with session_factory() as session:
        row = session.scalars(select(FeedGuardOverrides)).one()
        assert (row.removal_share, row.removal_most, row.changed_by) == (0.5, None, "ayesha")
    assert "30%" in set_limits().stdout
    assert set_limits("--share", "2").exit_code == 2


@pytest.mark.parametrize(
    "command", ["diff", "replay", "approve", "undo", "origin", "report", "confirm-price", "price-policy"]
)
def test_help_shows_an_example(run: Run, command: str) -> None:
    assert f"automart feeds {command}" in run(command, "--help").stdout

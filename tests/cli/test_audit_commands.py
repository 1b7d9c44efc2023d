"""`automart audit`: exit codes and answers of verify, retain and resume."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import Result
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from cli.app import app
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.declarations import AfterRestore, Declarations
from core.platform import Platform
from core.settings import Settings, child_environment
from core.storage import Storage
from tests.pipelines.audit.trails import TrailBuilder, built

Run = Callable[..., Result]


@pytest.fixture
def run(session_factory: SessionFactory, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in child_environment(settings).items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(app, ["audit", *arguments])


@pytest.fixture
def trail(session_factory: SessionFactory, storage: Storage) -> None:
    with transaction(session_factory) as session:
        built(session, storage)


def change(admin_engine: Engine, statement: str) -> None:
    with admin_engine.begin() as session:
        for table in ("audit_records", "audit_chain", "audit_anchors"):
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        session.execute(text(statement))
        for table in ("audit_records", "audit_chain", "audit_anchors"):
            session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


@pytest.mark.usefixtures("trail")
def test_whole_trail_exits_with_0(run: Run) -> None:
    told = run("verify", "--json")
    assert (told.exit_code, told.stderr) == (0, "")
    expected = {"whole": True, "verified": 30, "anchors": 5, "waiting": 0, "dropped": 0, "first_bad": None}
    assert json.loads(told.stdout) == expected
    assert "30 records, 5 anchors agree" in run("verify").stdout


@pytest.mark.usefixtures("trail")
def test_damaged_trail_exits_with_3_and_names_the_first_bad_record(run: Run, admin_engine: Engine) -> None:
    change(admin_engine, "UPDATE audit_records SET reason = 'better' WHERE subject_id IN ('7', '9')")
    told = run("verify", "--json")
    assert told.exit_code == 3
    found = json.loads(told.stdout)
    assert (found["whole"], found["verified"], found["first_bad"]["number"]) == (False, 6, 7)
    assert "was changed" in found["first_bad"]["problem"]
    assert "damaged at record 7" in run("verify").stdout


def test_empty_trail_is_whole(run: Run) -> None:
    assert run("verify").exit_code == 0


def test_old_days_are_dropped_by_command(run: Run, session_factory: SessionFactory, storage: Storage) -> None:
    with transaction(session_factory) as session:
        trail = TrailBuilder(session, storage, now=utc_now() - timedelta(days=90))
        trail.minute(4)
        trail.midnight()
        trail.minute(2)
    assert json.loads(run("retain", "--days", "365", "--json").stdout) == {"dropped": 0, "through": 0}
    assert "4 records dropped" in run("retain", "--days", "60", "--by", "ayesha").stdout
    told = json.loads(run("verify", "--json").stdout)
    assert (told["whole"], told["dropped"]) == (True, 4)


@pytest.mark.parametrize("arguments", [(), ("--days", "3")])
def test_retention_without_a_number_or_with_a_small_one_is_refused(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("retain", *arguments).exit_code == 2


@pytest.mark.usefixtures("trail")
def test_restore_is_named_declared_and_whole_again(
    run: Run, admin_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(
        admin_engine,
        "WITH gone AS (DELETE FROM audit_chain WHERE number > 25 RETURNING record_id)"
        " DELETE FROM audit_records USING gone WHERE id = record_id",
    )
    change(admin_engine, "DELETE FROM audit_anchors WHERE number > 25")
    assert run("verify").exit_code == 3
    ran = []

    def replay(platform: Platform) -> int:
        ran.append(platform)
        return 2

    declared = {"people": Declarations(after_restore=(AfterRestore("erasures", replay),))}
    monkeypatch.setattr("cli.audit.gather_declarations", lambda: declared)
    told = json.loads(run("resume", "--reason", "disk died", "--by", "ayesha", "--json").stdout)
    assert told == {"number": 31, "missing": 5, "set_aside": 2, "after_restore": {"erasures": 2}}
    assert len(ran) == 1
    assert run("verify").exit_code == 0


def test_restore_without_a_reason_is_refused(run: Run) -> None:
    assert run("resume").exit_code == 2
    assert run("resume", "--reason", " ").exit_code == 2

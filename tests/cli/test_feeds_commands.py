"""`automart feeds`: what scripts parse, what people read, and the exit codes both rely on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import func, select
from typer.testing import CliRunner

from cli import feeds
from core.db.session import SessionFactory, transaction
from core.db.tables import FeedFile, Listing
from core.identity.orgs import add_org
from core.settings import Settings
from core.storage import open_storage
from tests.factories.listings import CHANGES
from tests.factories.workbooks import xlsx

KEYS = ["status", "read", "created", "updated", "unchanged", "rejected", "removed", "reasons", "file_id"]
SHEET = (
    "Stock No,Title,Make,Model,Year,Demand,Branch,Status\n"
    "A1,Toyota Corolla,Toyota,Corolla,2018,45 lacs,,\n"
    "A2,Honda Civic,Honda,Civic,2020,call,attic,\n"
    "A3,Honda Civic,Honda,Civic,1820,70 lacs,,\n"
)
Run = Callable[..., Result]


@pytest.fixture
def run(session_factory: SessionFactory, environment: Settings) -> Run:
    with transaction(session_factory) as session:
        add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
        add_org(session, "no-mapping", "No Mapping")
    return lambda *arguments: CliRunner().invoke(feeds.app, [str(each) for each in arguments])


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "stock.csv"
    path.write_text(SHEET, encoding="utf-8")
    return path


def answer(result: Result) -> Any:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return json.loads(result.stdout)


def rows(factory: SessionFactory) -> list[int | None]:
    with factory() as session:
        return [session.scalar(select(func.count()).select_from(kind)) for kind in (FeedFile, Listing, CHANGES)]


def test_import_prints_exactly_the_agreed_keys(run: Run, sheet: Path) -> None:
    result = run("import", sheet, "--dealer", "khan-motors", "--json")
    told = answer(result)
    assert result.exit_code == 0
    assert list(told) == KEYS
    assert told | {"file_id": None} == dict(
        zip(KEYS, ["applied", 3, 2, 0, 0, 1, 0, {"bad_year": 1}, None], strict=True)
    )
    assert "branch" in result.stderr
    again = run("import", sheet, "--dealer", "khan-motors", "--json")
    assert (again.exit_code, answer(again)["status"], answer(again)["read"]) == (0, "duplicate", 0)
    assert answer(again)["file_id"] != told["file_id"]


def test_dry_run_tells_the_same_and_changes_nothing(
    run: Run, sheet: Path, session_factory: SessionFactory, settings: Settings
) -> None:
    dry = answer(run("import", sheet, "--dealer", "khan-motors", "--dry-run", "--json"))
    assert rows(session_factory) == [0, 0, 0]
    assert list(open_storage(settings).keys()) == []
    wet = answer(run("import", sheet, "--dealer", "khan-motors", "--json"))
    assert dry == wet | {"file_id": None}


def test_people_get_a_table_with_the_commonest_reasons(run: Run, sheet: Path) -> None:
    result = run("import", sheet, "--dealer", "khan-motors")
    assert result.exit_code == 0
    for word in ("applied", "created", "bad_year", "automart feeds rejects"):
        assert word in result.stdout
    assert "duplicate" in run("import", sheet, "--dealer", "khan-motors").stdout


BAD_FILES = {
    "empty": b"",
    "no-rows": SHEET.splitlines()[0].encode(),
    "not-text": bytes(range(256)) * 20,
    "wrong-columns": b"a,b\n1,2\n",
}
DTD = b'<?xml version="1.0"?><!DOCTYPE inventory [<!ENTITY a "b">]><inventory><car id="1"/></inventory>'


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_gets_one_sentence_and_changes_nothing(
    run: Run, tmp_path: Path, session_factory: SessionFactory, name: str
) -> None:
    path = tmp_path / f"{name}.csv"
    path.write_bytes(BAD_FILES[name])
    refused_cleanly(run("import", path, "--dealer", "khan-motors", "--json"), session_factory)


def test_xml_with_a_document_type_is_refused(run: Run, tmp_path: Path, session_factory: SessionFactory) -> None:
    path = tmp_path / "stock.xml"
    path.write_bytes(DTD)
    arguments = ("import", path, "--dealer", "khan-motors", "--mapping", "dealer-xml", "--json")
    result = refused_cleanly(run(*arguments), session_factory)
    assert "DOCTYPE" in result["message"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("/no/such/file.csv", "--dealer", "khan-motors"), "There is no file"),
        (("/", "--dealer", "khan-motors"), "is not a file"),
        (("SHEET", "--dealer", "kahn-motors"), "automart dealers add"),
        (("SHEET", "--dealer", "khan-motors", "--mapping", "nope"), "showroom"),
        (("SHEET", "--dealer", "no-mapping"), "--mapping"),
    ],
)
def test_wrong_arguments_get_one_sentence_and_change_nothing(
    run: Run, sheet: Path, session_factory: SessionFactory, arguments: tuple[str, ...], says: str
) -> None:
    given = [str(sheet) if each == "SHEET" else each for each in arguments]
    result = refused_cleanly(run("import", *given, "--json"), session_factory)
    assert says in result["message"]
    plain = run("import", *given)
    assert (plain.exit_code, plain.stdout) == (2, "")
    assert says in plain.stderr


def refused_cleanly(result: Result, factory: SessionFactory) -> dict[str, Any]:
    told: dict[str, Any] = answer(result)
    assert result.exit_code == 2
    assert list(told) == [*KEYS, "message"]
    assert (told["status"], told["read"], told["file_id"]) == ("refused", 0, None)
    assert told["message"] in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert rows(factory) == [0, 0, 0]
    return told


def test_held_removals_are_told_and_can_be_accepted(run: Run, tmp_path: Path) -> None:
    header, car = SHEET.splitlines()[:2]
    path = tmp_path / "stock.csv"
    for count in (30, 15):
        path.write_text("\n".join([header, *(car.replace("A1", f"A{at}") for at in range(count)), ""]))
        result = run("import", path, "--dealer", "khan-motors", "--json")
    assert answer(result)["removed"] == 0
    assert "15 cars" in result.stderr
    assert answer(run("import", path, "--dealer", "khan-motors", "--accept-removals", "--json"))["removed"] == 15


def test_files_and_their_rejects_can_be_read_back(run: Run, sheet: Path) -> None:
    file_id = answer(run("import", sheet, "--dealer", "khan-motors", "--json"))["file_id"]
    [listed] = answer(run("files", "--dealer", "khan-motors", "--json"))
    assert (listed["file_id"], listed["dealer"], listed["status"], listed["rejected"]) == (
        file_id,
        "khan-motors",
        "applied",
        1,
    )
    assert "3 read = 2 created + 0 updated + 0 unchanged + 1 rejected" in run("files").stdout
    [reject] = answer(run("rejects", file_id, "--json"))
    assert (reject["row"], reject["code"], reject["column"], reject["value"]) == (3, "bad_year", "Year", "1820")
    assert "bad_year" in run("rejects", file_id).stdout
    unknown = run("rejects", "00000000-0000-0000-0000-000000000000")
    assert (unknown.exit_code, "automart feeds files" in unknown.stderr) == (2, True)


def test_mappings_are_listed_without_a_database(run: Run) -> None:
    names = [each["name"] for each in answer(run("mappings", "--json"))]
    assert {"classifieds", "showroom"} <= set(names)
    assert "classifieds" in run("mappings").stdout


@pytest.mark.parametrize("command", ["import", "mappings", "files", "rejects"])
def test_help_shows_an_example(run: Run, command: str) -> None:
    assert f"automart feeds {command}" in run(command, "--help").stdout


def test_import_and_report_tell_cells_that_were_not_understood(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    header = "Stock No,Make,Model,Year,Demand,Fuel,Transmission\n"
    path.write_text(
        header + "A1,Toyota,Corolla,2018,45 lacs,Petrol,0300 1234567\nA2,Honda,Civic,2020,call,wood,Q\n",
        encoding="utf-8",
    )
    dry = answer(run("import", path, "--dealer", "khan-motors", "--dry-run", "--json"))
    told = answer(run("import", path, "--dealer", "khan-motors", "--json"))
    assert dry["not_understood"] == told["not_understood"]
    assert [(each["column"], each["whole"], each["words"]) for each in told["not_understood"]] == [
        ("Transmission", True, [{"word": "Q", "cells": 1}, {"word": "[phone]", "cells": 1}]),
        ("Fuel", False, [{"word": "wood", "cells": 1}]),
    ]
    text = run("import", path, "--dealer", "khan-motors", "--dry-run").stdout
    assert "duplicate" in text
    report = run("report", "khan-motors").stdout.splitlines()
    assert report[1].startswith("WARNING: Column 'Transmission'")
    assert any("'wood' 1×" in line for line in report)
    assert answer(run("report", "khan-motors", "--json"))["not_understood"] == told["not_understood"]


def test_workbook_is_suggested_tried_and_imported(run: Run, tmp_path: Path, session_factory: SessionFactory) -> None:
    header = ["Stock No", "Make", "Model", "Year", "Demand"]
    cars = [[f"AB-{number}7", "Toyota", "Corolla", 2015, 4_500_000 + number] for number in range(5)]
    path = tmp_path / "stock.xlsx"
    path.write_bytes(xlsx({"Notes": [["for May"]], "Stock": [["Al-Noor Motors"], header, *cars]}))
    assert run("suggest", path, "--save", "al-noor", "--dealer", "khan-motors").exit_code == 0
    imported = ("import", path, "--dealer", "khan-motors", "--mapping", "al-noor", "--json")
    tried = answer(run(*imported, "--dry-run"))
    assert (tried["read"], tried["created"], rows(session_factory)) == (5, 5, [0, 0, 0])
    assert [(each["column"], each["field"], each["filled"]) for each in tried["not_understood"]] == [
        ("Notes", "sheet", 1)
    ]
    told = answer(run(*imported))
    assert (told["created"], told["rejected"], rows(session_factory)[:2]) == (5, 0, [1, 5])
    assert "WARNING: Sheet 'Notes' was left out with its 1 rows" in run("report", "khan-motors").stdout

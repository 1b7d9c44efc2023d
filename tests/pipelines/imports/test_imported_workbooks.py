"""Workbooks are imported, replayed and undone as other files are, and no car is taken off for a sheet left out."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import FeedFile, Org
from core.identity.orgs import add_org
from core.storage import Storage
from pipelines.feeds.deliveries.inbox import register_inbox
from pipelines.feeds.mapping.store import load_mapping
from pipelines.imports import (
    Delivery,
    ImportContext,
    ImportResult,
    approve_removals,
    import_delivery,
    preview_file,
    replay_file,
    undo_removals,
)
from pipelines.imports.parsed.staging import parse_pending
from pipelines.imports.pending.import_pending import import_pending
from tests.factories.workbooks import Cell, xlsx
from tests.pipelines.imports.test_precedence import live

HEADER: list[Cell] = ["Stock No", "Make", "Model", "Year", "Demand"]
Rows = list[list[Cell]]


def stock(*keys: str, more: list[Cell] | None = None) -> Rows:
    cars: Rows = [[key, "Toyota", "Corolla", 2015, 4_500_000] for key in keys]
    return [[*HEADER, *(more or [])], *cars]


KEYS = [f"K{number:02}" for number in range(20)]
WHOLE = xlsx({"Stock": stock(*KEYS)})
LEFT_OUT = xlsx({"Stock": stock(*KEYS[:19]), "Karachi": stock(KEYS[19], more=["Keys"])})


@pytest.fixture
def context(session: Session, storage: Storage) -> ImportContext:
    return ImportContext(session, storage, run_id="run")


def delivery(org: Org, data: bytes) -> Delivery:
    return Delivery(org, "stock.xlsx", data, load_mapping("showroom"))


def told(result: ImportResult) -> list[tuple[str, str, int]]:
    return [(each.column, each.field, each.filled) for each in result.not_understood]


def test_full_list_with_stock_in_a_sheet_that_is_left_out_takes_no_car_off(context: ImportContext, org: Org) -> None:
    import_delivery(context, delivery(org, WHOLE))
    dry = preview_file(context, delivery(org, LEFT_OUT))
    result = import_delivery(context, delivery(org, LEFT_OUT))
    for each in (dry, result):
        assert (each.removed, each.removals_held, told(each)) == (0, 1, [("Karachi", "sheet", 1)])
    assert sorted(live(context.session)) == KEYS
    assert result.file_id is not None
    assert approve_removals(context, result.file_id, actor="ayesha").changed == 1


def test_full_list_takes_off_cars_that_are_named_as_sold_and_tells_the_sheet(context: ImportContext, org: Org) -> None:
    import_delivery(context, delivery(org, WHOLE))
    data = xlsx({"Stock": stock(*KEYS[:19]), "Sold": stock(KEYS[19])})
    result = import_delivery(context, delivery(org, data))
    assert (result.removed, result.removals_held, told(result)) == (1, 0, [("Sold", "sheet", 1)])


def test_workbook_is_replayed_and_its_removals_are_undone(context: ImportContext, org: Org) -> None:
    import_delivery(context, delivery(org, WHOLE))
    second = import_delivery(context, delivery(org, xlsx({"Stock": stock(*KEYS[:19])})))
    assert (second.removed, second.file_id is not None) == (1, True)
    assert second.file_id is not None
    assert undo_removals(context, second.file_id, actor="ayesha").changed == 1
    mended = load_mapping("showroom").model_copy(update={"version": 3})
    again = replay_file(context, second.file_id, actor="ayesha", mapping=mended)
    assert (again.status, again.read, again.removed, sorted(live(context.session))) == ("applied", 19, 0, KEYS)


def test_workbooks_in_folders_are_imported_and_told_after_being_staged(
    tmp_path: Path, storage: Storage, session_factory: SessionFactory
) -> None:
    with transaction(session_factory) as session:
        for dealer in ("khan-motors", "al-noor"):
            add_org(session, dealer, dealer, default_mapping="showroom")
    for dealer in ("khan-motors", "al-noor"):
        path = tmp_path / dealer / "stock.xlsx"
        path.parent.mkdir()
        path.write_bytes(LEFT_OUT)
        os.utime(path, (written := (utc_now() - timedelta(hours=1)).timestamp(), written))
    with transaction(session_factory) as session:
        register_inbox(session, storage, tmp_path, utc_now())
        assert parse_pending(session, storage).cells_not_understood == {"sheet": 2}
    report = import_pending(session_factory, storage, run_id="test")
    assert report.totals()["created"] == 38
    assert [(each["column"], each["field"], each["not_understood"]) for each in report.not_understood()] == [
        ("Karachi", "sheet", 1)
    ] * 2
    with session_factory() as session:
        files = session.scalars(select(FeedFile).order_by(FeedFile.id)).all()
        assert [file.not_understood[0]["column"] for file in files] == ["Karachi", "Karachi"]
        assert session.scalar(text("SELECT count(*) FROM listings")) == 38

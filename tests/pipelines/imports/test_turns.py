"""Two runs take the same pending files at the same time: they share them, and each file is decided once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from core.db.session import SessionFactory, transaction
from core.db.tables import FeedFile
from core.identity.orgs import add_org
from core.storage import Storage
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.register import pending_files, store_and_register
from pipelines.feeds.mapping.store import load_mapping
from pipelines.imports.parsed.staging import parse_pending
from pipelines.imports.pending import import_pending as batch
from pipelines.imports.pending.import_pending import ImportBatchReport, import_pending
from pipelines.imports.pending.turns import idle_first
from tests.factories.feeds import HEADER

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CARS = 150


def land(factory: SessionFactory, storage: Storage, dealers: int, files: int = 1) -> None:
    with transaction(factory) as session:
        for dealer in range(dealers):
            org = add_org(session, f"dealer-{dealer}", f"Dealer {dealer}", default_mapping="showroom")
            for number in range(files):
                price = 40 + number
                rows = [f"A{car},Toyota Corolla,Toyota,Corolla,2018,{price} lacs,," for car in range(CARS)]
                data = "\n".join([HEADER, *rows, ""]).encode()
                delivery = Delivery(org, f"stock-{number}.csv", data, load_mapping("showroom"))
                at = NOW + timedelta(hours=number)
                store_and_register(session, storage, delivery, received_at=at, now=at)


@pytest.mark.slow
def test_ten_files_of_ten_dealers_are_imported_by_two_runs_side_by_side(
    session_factory: SessionFactory, storage: Storage, monkeypatch: object
) -> None:
    land(session_factory, storage, dealers=10)
    with transaction(session_factory) as session:
        parse_pending(session, storage)
    reports: dict[str, ImportBatchReport] = {}
    start = threading.Barrier(2)

    def run(run_id: str) -> None:
        start.wait(30)
        reports[run_id] = import_pending(session_factory, storage, run_id=run_id)

    monkeypatch.setattr(batch, "groups_of", lambda _: [])  # type: ignore[attr-defined]  # as files that are not small
    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    with session_factory() as session:
        decided = session.execute(select(FeedFile.status, FeedFile.run_id)).all()
        cars = session.scalar(text("SELECT count(*) FROM listings"))
        created = session.scalar(text("SELECT count(*) FROM outbox_changes WHERE kind = 'created'"))
    assert [status for status, _ in decided] == ["applied"] * 10
    assert {run_id for _, run_id in decided} == {"one", "two"}  # both did some
    assert (cars, created) == (10 * CARS, 10 * CARS)
    assert [report.failures for report in reports.values()] == [[], []]
    assert [len(report.files) for report in reports.values()] == [10, 10]  # each knows how all of them ended
    assert not list(storage.keys("staged"))


def test_dealer_whose_file_another_run_imports_comes_last_and_in_order(
    session_factory: SessionFactory, storage: Storage
) -> None:
    land(session_factory, storage, dealers=2, files=2)
    with transaction(session_factory) as session:
        files = pending_files(session)
        busy = files[0].org_id
    with session_factory() as other:
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended('listings of ' || CAST(:id AS text), 0))")
        other.execute(lock, {"id": str(busy)})
        order = list(idle_first(session_factory, files))
        decided = list(idle_first(session_factory, files, {file.id for file in files}))
    assert [file.org_id == busy for file in order] == [False, False, True, True]
    assert [file.name for file in order] == ["stock-0.csv", "stock-1.csv"] * 2
    assert decided == files

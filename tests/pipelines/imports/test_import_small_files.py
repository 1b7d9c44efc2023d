"""Small files of many dealers are imported together with the same results as one by one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.db.tables import Branch
from core.identity.orgs import add_org, get_org
from core.storage import Storage
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.register import store_and_register
from pipelines.feeds.mapping.store import load_mapping
from pipelines.imports.parsed.staging import parse_pending
from pipelines.imports.pending import import_pending as batch
from pipelines.imports.pending import small_files as group
from pipelines.imports.pending.import_pending import ImportBatchReport, import_pending
from tests.factories.feeds import HEADER
from tests.torture.digest import broken, digests, pending

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DEALERS = [f"dealer-{at}" for at in range(7)]
Sheets = dict[str, bytes]


def car(random: Random, key: int) -> str:
    year, price = random.choice([2018, 2018, 2020, 1820]), random.choice(["45 lacs", "46 lacs", "call"])
    branch, status = random.choice(["", "", "dha", "nowhere"]), random.choice(["", "", "", "sold"])
    return f"K{key},Toyota Corolla,Toyota,Corolla,{year},{price},{branch},{status}"


def day(random: Random) -> Sheets:
    """A file of most dealers; now and then one that is refused."""
    sheets: Sheets = {}
    for dealer in DEALERS:
        rows = [car(random, random.randrange(30)) for _ in range(random.choice([0, 1, 8, 30]))]
        sheets[dealer] = "\n".join([HEADER, *rows, ""]).encode()
        if random.random() < 0.1:
            sheets[dealer] = b"\x80\x00\xff\xfe" * 20
    return {dealer: sheets[dealer] for dealer in DEALERS if random.random() < 0.9}


def found(sessions: SessionFactory) -> None:
    with transaction(sessions) as session:
        for code in DEALERS:
            org = add_org(session, code, code)
            if code < "dealer-4":
                session.add(Branch(org_id=org.id, code="dha", name="DHA", city="Lahore"))


def register(sessions: SessionFactory, storage: Storage, sheets: Sheets, at: int = 0) -> None:
    received = NOW + timedelta(hours=at)
    with transaction(sessions) as session:
        for dealer, data in sheets.items():
            delivery = Delivery(get_org(session, dealer), f"stock-{at}.csv", data, load_mapping("showroom"))
            store_and_register(session, storage, delivery, received_at=received, now=received)


def history(sessions: SessionFactory, storage: Storage, url: str, *, staged: bool) -> tuple[dict[str, str], list[Any]]:
    """Six days, of which some files come late or twice; what stands in the tables, and what was reported."""
    random = Random(5)
    reports = []
    for at in range(6):
        sheets = day(random)
        register(sessions, storage, sheets, at)
        if at == 3:
            register(sessions, storage, {DEALERS[0]: sheets.get(DEALERS[0], b"")}, 1)
        if staged:
            with transaction(sessions) as session:
                parse_pending(session, storage)
        report = import_pending(sessions, storage, run_id="test")
        reports.append((report.totals(), sorted(map(str, report.rows())), report.failures))
    return digests(url), reports


@pytest.mark.slow
@pytest.mark.parametrize("staged", [False, True])
def test_grouped_files_have_the_same_results_as_single_ones(
    session_factory: SessionFactory,
    storage: Storage,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    emptied: Callable[[], None],
    staged: bool,
) -> None:
    found(session_factory)
    together = history(session_factory, storage, database_url, staged=staged)
    assert broken(database_url) == []
    _, reports = together
    for what in ("created", "updated", "unchanged", "rejected", "removed", "refused"):
        assert sum(totals[what] for totals, _, _ in reports), what
    emptied()
    monkeypatch.setattr(batch, "groups_of", lambda _: [])
    found(session_factory)
    assert history(session_factory, storage, database_url, staged=staged) == together
    assert not list(storage.keys("staged"))


def test_small_files_are_imported_in_one_transaction(session_factory: SessionFactory, storage: Storage) -> None:
    found(session_factory)
    register(session_factory, storage, {dealer: day(Random(1))[DEALERS[1]] for dealer in DEALERS})
    import_pending(session_factory, storage, run_id="test")
    with transaction(session_factory) as session:
        assert session.scalar(text("SELECT count(DISTINCT xid) FROM outbox_events")) == 1
        assert session.scalar(text("SELECT count(DISTINCT org_id) FROM listings")) == len(DEALERS)


def test_failing_file_of_a_group_does_not_fail_the_others(
    session_factory: SessionFactory, storage: Storage, database_url: str
) -> None:
    found(session_factory)
    register(session_factory, storage, {dealer: day(Random(1))[DEALERS[1]] + dealer.encode() for dealer in DEALERS})
    with transaction(session_factory) as session:
        key = session.scalar(text("SELECT storage_key FROM feed_files ORDER BY id LIMIT 1 OFFSET 3"))
    storage.delete(key)
    report: ImportBatchReport = import_pending(session_factory, storage, run_id="test")
    assert (len(report.files), len(report.failures), pending(database_url)) == (len(DEALERS) - 1, 1, 1)
    assert "There is no object" in report.failures[0]
    assert broken(database_url) == []


def test_large_files_and_dealers_with_two_pending_files_are_not_grouped(
    session_factory: SessionFactory, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(session_factory)
    register(session_factory, storage, {dealer: (HEADER + "\n").encode() for dealer in DEALERS})
    register(session_factory, storage, {DEALERS[0]: b"x"}, 1)
    register(session_factory, storage, {DEALERS[1]: b"y" * (group.MOST_BYTES + 1)}, 1)
    with transaction(session_factory) as session:
        files = batch.pending_files(session)
        first, *others = group.groups_of(files)
    assert not others
    assert len(first) == len(DEALERS) - 2
    monkeypatch.setattr(group, "MOST_FILES", 2)
    assert [len(each) for each in group.groups_of(files)] == [2, 2]  # one file is no group

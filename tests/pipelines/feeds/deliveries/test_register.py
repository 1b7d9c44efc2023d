"""Files are registered once, complete, and for the right dealer."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db.tables import FeedFile, Org
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.identity.orgs import BranchSpec, add_branch, add_org, ensure_branches, ensure_org, get_org, list_orgs
from core.storage import Storage
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.inbox import register_inbox
from pipelines.feeds.deliveries.register import pending_files, store_and_register
from pipelines.feeds.mapping.store import load_mapping

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def org(session: Session) -> Org:
    return add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


def register(session: Session, storage: Storage, org: Org, data: bytes, *, received_at: datetime = NOW) -> FeedFile:
    delivery = Delivery(org, "stock.csv", data, load_mapping("showroom"))
    return store_and_register(session, storage, delivery, received_at=received_at, now=NOW)


def drop(inbox: Path, name: str, data: bytes, *, age: timedelta = timedelta(hours=1)) -> Path:
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (written := (NOW - age).timestamp(), written))
    return path


def test_registered_bytes_are_stored_under_their_digest(session: Session, storage: Storage, org: Org) -> None:
    file = register(session, storage, org, b"a,b\n1,2\n")
    assert storage.get(f"feeds/khan-motors/{file.digest}") == b"a,b\n1,2\n"
    assert (file.status, file.size_bytes, file.mapping, file.mapping_version) == ("registered", 8, "showroom", 2)


def test_repeated_delivery_is_registered_once_while_it_waits(session: Session, storage: Storage, org: Org) -> None:
    first = register(session, storage, org, b"x")
    assert register(session, storage, org, b"x").id == first.id
    first.status = "applied"
    session.flush()
    assert register(session, storage, org, b"x").id != first.id


def test_pending_files_come_oldest_first(session: Session, storage: Storage, org: Org) -> None:
    young = register(session, storage, org, b"young")
    old = register(session, storage, org, b"old", received_at=NOW - timedelta(days=1))
    future = register(session, storage, org, b"from the future", received_at=NOW + timedelta(days=1))
    assert [file.id for file in pending_files(session)] == [old.id, young.id, future.id]
    assert future.received_at == NOW


def test_inbox_registers_each_file_once(session: Session, storage: Storage, org: Org, inbox: Path) -> None:
    drop(inbox, "khan-motors/monday.csv", b"1")
    drop(inbox, "khan-motors/tuesday.csv", b"2")
    report = register_inbox(session, storage, inbox, NOW)
    assert (report.registered, report.known, report.problems) == (2, 0, [])
    report = register_inbox(session, storage, inbox, NOW)
    assert (report.registered, report.known) == (0, 2)


def test_touched_file_with_the_same_bytes_is_not_registered_again(
    session: Session, storage: Storage, org: Org, inbox: Path
) -> None:
    drop(inbox, "khan-motors/stock.csv", b"1")
    register_inbox(session, storage, inbox, NOW)
    drop(inbox, "khan-motors/stock.csv", b"1", age=timedelta())
    assert register_inbox(session, storage, inbox, NOW).known == 1


def test_overwritten_file_is_a_new_delivery_also_with_an_earlier_content(
    session: Session, storage: Storage, org: Org, inbox: Path
) -> None:
    for age, data in ((3, b"A"), (2, b"B"), (3, b"A")):  # the last one as `cp -p` from a backup leaves it
        drop(inbox, "khan-motors/stock.csv", data, age=timedelta(hours=age))
        assert register_inbox(session, storage, inbox, NOW).registered == 1
        for file in pending_files(session):
            file.status = "applied"
        session.flush()
    assert register_inbox(session, storage, inbox, NOW).registered == 0


def test_unfinished_files_are_not_registered(session: Session, storage: Storage, org: Org, inbox: Path) -> None:
    for name in (".stock.csv.Xy12", "stock.csv.part", "stock.csv.tmp", "stock.CSV.filepart", "stock.csv~"):
        drop(inbox, f"khan-motors/{name}", b"1")
    drop(inbox, ".staging/stock.csv", b"1")
    report = register_inbox(session, storage, inbox, NOW)
    assert (report.registered, report.unfinished, report.problems) == (0, 5, [])


def test_unusable_folders_and_files_are_reported_and_others_registered(
    session: Session, storage: Storage, org: Org, inbox: Path
) -> None:
    drop(inbox, "khan-motors/stock.csv", b"1")
    drop(inbox, "kahn-motors/stock.csv", b"2")
    drop(inbox, "loose.csv", b"3")
    (inbox / "khan-motors" / "more").mkdir()
    (inbox / "khan-motors" / "link.csv").symlink_to("/etc/hostname")
    add_org(session, "no-mapping", "No Mapping")
    drop(inbox, "no-mapping/stock.csv", b"4")
    report = register_inbox(session, storage, inbox, NOW)
    assert report.registered == 1
    assert sorted(problem.split(":")[0] for problem in report.problems) == [  # files are read oldest first
        "kahn-motors",
        "khan-motors/link.csv",
        "khan-motors/more",
        "loose.csv",
        "no-mapping",
    ]
    assert "'kahn-motors'; known: khan-motors" in report.problems[0]


def test_file_name_that_is_not_utf8_is_registered(session: Session, storage: Storage, org: Org, inbox: Path) -> None:
    drop(inbox, "khan-motors/" + os.fsdecode(b"stock-\xff.csv"), b"1")
    assert register_inbox(session, storage, inbox, NOW).registered == 1
    assert session.scalar(select(FeedFile.name)) == "stock-?.csv"


def test_missing_inbox_counts_as_empty(session: Session, storage: Storage, inbox: Path) -> None:
    assert register_inbox(session, storage, inbox, NOW).registered == 0


@pytest.mark.parametrize("code", ["kahn-motors", "", "KHAN-MOTORS", "x\x00y", "\udcff", "' OR 1=1 --"])
def test_error_for_an_unknown_dealer_lists_the_known_ones(session: Session, org: Org, code: str) -> None:
    with pytest.raises(NotFoundError, match=r"khan-motors.*automart dealers add") as caught:
        get_org(session, code)
    assert caught.value.code == "unknown_dealer"


@pytest.mark.parametrize(("code", "name"), [("Khan", "Khan"), ("k", "Khan"), ("khan", " "), ("khan", "a\nb")])
def test_dealers_with_invalid_codes_or_names_are_refused(session: Session, code: str, name: str) -> None:
    with pytest.raises(InvalidInputError):
        add_org(session, code, name)


def test_dealer_or_branch_is_added_once(session: Session, org: Org) -> None:
    with pytest.raises(ConflictError, match="already"):
        add_org(session, "khan-motors", "Another Khan")
    add_branch(session, org, BranchSpec("dha", "DHA", "Lahore"))
    with pytest.raises(ConflictError, match="already"):
        add_branch(session, org, BranchSpec("dha", "Again"))


def test_ensure_org_adds_the_dealer_and_missing_branches(session: Session) -> None:
    dha, clifton = BranchSpec("dha", "DHA", "Lahore"), BranchSpec("clifton", "Clifton", "Karachi")
    first = ensure_org(session, "new", "New", default_mapping="showroom")
    ensure_branches(session, first, [dha])
    again = ensure_org(session, "new", "New")
    ensure_branches(session, again, [dha, clifton])
    assert again.id == first.id
    summary = next(each for each in list_orgs(session) if each.code == "new")
    assert summary.branches == (clifton, dha)
    assert session.scalar(select(func.count()).select_from(Org)) == 2

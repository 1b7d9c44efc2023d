"""A mapping that reads another key leaves each car one listing: the one it had."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Org
from core.identity.orgs import add_org
from core.storage import Storage
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.register import store_and_register
from pipelines.feeds.mapping.store import load_mapping, save_mapping
from pipelines.imports import (
    ImportContext,
    ImportResult,
    apply,
    diff_delivery,
    import_delivery,
    preview_file,
    replay_file,
)
from pipelines.imports.pending.import_pending import import_pending
from pipelines.imports.prices.confirmations import PriceConfirmations
from tests.factories.feeds import sheet_mapping

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CARS = 12  # more than the number of cars that may always go
_EVENTS = text("SELECT count(*) FROM outbox_changes WHERE topic = 'listing'")
LISTINGS = text("SELECT source_key, id, price_pkr FROM listings WHERE org_id = :org AND status = 'live'")


def sheet(numbers: dict[int, str], price: int = 45) -> bytes:
    rows = [f"{stock},{reg},Toyota,Corolla,2018,{price}" for stock, reg in numbers.items()]
    return "\n".join(["Stock,Reg,Make,Model,Year,Rate", *rows, ""]).encode()


NUMBERS = {number: f"LEA-{number}" for number in range(CARS)}
SHIFTED = {number: str((number + 1) % CARS) for number in range(CARS)}
"""Each car's second number is the first one of another car."""


@pytest.fixture
def org(session: Session, storage: Storage) -> Org:
    org = add_org(session, "khan-motors", "Khan Motors", default_mapping="sheet")
    save(storage, org, 1, "Stock")
    return org


def save(storage: Storage, org: Org, version: int, key: str) -> None:
    save_mapping(storage, "sheet", sheet_mapping(version, key).encode(), org.id)


def deliver(session: Session, storage: Storage, org: Org, data: bytes, hour: int = 0) -> ImportResult:
    return import_delivery(ImportContext(session, storage, run_id="t"), delivery(storage, org, data, hour))


def delivery(storage: Storage, org: Org, data: bytes, hour: int) -> Delivery:
    mapping = load_mapping("sheet", storage, org.id)
    return Delivery(org, "stock.csv", data, mapping, snapshot_at=NOW + timedelta(hours=hour))


def live(session: Session, org: Org) -> dict[str, str]:
    return {row.source_key: str(row.id) for row in session.execute(LISTINGS, {"org": org.id})}


@pytest.mark.parametrize("numbers", [NUMBERS, SHIFTED])
def test_same_bytes_read_by_another_key_are_the_same_cars(
    session: Session, storage: Storage, org: Org, numbers: dict[int, str]
) -> None:
    deliver(session, storage, org, sheet(numbers))
    before = live(session, org)
    save(storage, org, 2, "Reg")
    again = deliver(session, storage, org, sheet(numbers), hour=1)
    assert (again.created, again.updated, again.removed, again.removals_held) == (0, CARS, 0, 0)
    assert live(session, org) == {numbers[int(stock)]: listing for stock, listing in before.items()}


def test_next_file_keeps_known_cars_adds_new_ones_and_removes_those_that_it_lacks(
    session: Session, storage: Storage, org: Org
) -> None:
    deliver(session, storage, org, sheet(NUMBERS))
    before = live(session, org)
    save(storage, org, 2, "Reg")
    later = {**{number: NUMBERS[number] for number in range(2, CARS)}, 90: "LEA-90"}
    told = preview_file(ImportContext(session, storage), delivery(storage, org, sheet(later, 46), hour=1))
    result = deliver(session, storage, org, sheet(later, 46), hour=1)
    counts = (result.created, result.updated, result.removed, result.removals_held)
    assert counts == (told.created, told.updated, told.removed, told.removals_held) == (1, CARS - 2, 2, 0)
    after = live(session, org)
    assert after.keys() == set(later.values())
    assert {key: after[key] for key in after if key != "LEA-90"} == {
        NUMBERS[number]: before[str(number)] for number in range(2, CARS)
    }


def test_difference_names_a_changed_key_rather_than_a_new_car(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, sheet(NUMBERS))
    before = live(session, org)
    save(storage, org, 2, "Reg")
    diff = diff_delivery(ImportContext(session, storage), delivery(storage, org, sheet(NUMBERS), hour=1))
    assert (diff.created, diff.removed) == ({}, {})
    assert diff.updated == {reg: {"source_key": (str(stock), reg)} for stock, reg in NUMBERS.items()}
    assert live(session, org) == before


def test_doubles_that_were_made_before_are_taken_off(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, sheet(NUMBERS))
    save(storage, org, 2, "Reg")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(apply, "follow_changed_keys", lambda *_: frozenset())
        assert deliver(session, storage, org, sheet(NUMBERS), hour=1).removals_held == CARS
    assert len(live(session, org)) == 2 * CARS
    result = deliver(session, storage, org, sheet(NUMBERS, 46), hour=2)
    assert (result.created, result.updated, result.removed, result.removals_held) == (0, CARS, CARS, 0)
    assert live(session, org).keys() == set(NUMBERS.values())


def test_replay_and_the_way_back_keep_the_listings(session: Session, storage: Storage, org: Org) -> None:
    first = deliver(session, storage, org, sheet(SHIFTED))
    before = live(session, org)
    assert first.file_id is not None
    save(storage, org, 2, "Reg")
    replay_file(ImportContext(session, storage), first.file_id, actor="x")
    assert live(session, org) == {SHIFTED[int(stock)]: listing for stock, listing in before.items()}
    save(storage, org, 3, "Stock")
    replay_file(ImportContext(session, storage), first.file_id, actor="x")
    assert live(session, org) == before


def test_rejected_row_keeps_its_car_under_the_new_key(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, sheet(NUMBERS))
    save(storage, org, 2, "Reg")
    bad = sheet(NUMBERS).replace(b"LEA-3,Toyota,Corolla,2018", b"LEA-3,Toyota,Corolla,1718")
    result = deliver(session, storage, org, bad, hour=1)
    assert (result.created, result.updated, result.rejected, result.removed) == (0, CARS - 1, 1, 0)
    assert live(session, org).keys() == set(NUMBERS.values())


def test_pairs_of_other_rows_are_not_believed(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, sheet(NUMBERS))
    before = live(session, org)
    save(storage, org, 2, "Make")  # one key for all: nothing says which car has it
    result = deliver(session, storage, org, sheet(NUMBERS), hour=1)
    assert (result.created, result.updated, result.removed, result.reasons) == (0, 1, 0, {"duplicate_key": CARS - 1})
    assert set(live(session, org).values()) == set(before.values())


def test_confirmed_price_follows_the_car(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, sheet(SHIFTED))
    confirmations = PriceConfirmations(session)
    for number in range(CARS):
        confirmations.confirm(org.id, str(number), 1_000_000 + number, "ali")
    save(storage, org, 2, "Reg")
    deliver(session, storage, org, sheet(SHIFTED), hour=1)
    said = confirmations.of([org.id])[org.id].confirmed
    assert dict(said.iter_rows()) == {reg: 1_000_000 + number for number, reg in SHIFTED.items()}


def test_small_files_of_several_dealers_are_read_alike(session_factory: SessionFactory, storage: Storage) -> None:
    with transaction(session_factory) as session:
        orgs = [add_org(session, code, code, default_mapping="sheet") for code in ("khan", "noor")]
    for version, key, hour in ((1, "Stock", 1), (2, "Reg", 2)):
        with transaction(session_factory) as session:
            for org in orgs:
                save(storage, org, version, key)
                given = delivery(storage, org, sheet(NUMBERS), hour=hour)
                store_and_register(session, storage, given, received_at=utc_now(), now=utc_now())
        report = import_pending(session_factory, storage, run_id="t")
        assert [each.result.status for each in report.files] == ["applied", "applied"]
    with session_factory() as session:
        assert [live(session, org).keys() for org in orgs] == [set(NUMBERS.values())] * 2


def test_car_belongs_to_the_mapping_that_named_it_last(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, sheet(NUMBERS))
    save_mapping(storage, "other", sheet_mapping(key="Stock").encode(), org.id)
    other = load_mapping("other", storage, org.id)
    events = session.execute(_EVENTS).scalar_one()
    for hour, first in ((1, 0), (2, 3)):
        data = sheet({number: NUMBERS[number] for number in range(first, CARS)})
        given = Delivery(org, "stock.csv", data, other, snapshot_at=NOW + timedelta(hours=hour))
        result = import_delivery(ImportContext(session, storage), given)
        assert (result.unchanged, result.removed) == (CARS - first, first)
    assert live(session, org).keys() == {str(number) for number in range(3, CARS)}
    assert session.execute(_EVENTS).scalar_one() == events + 3

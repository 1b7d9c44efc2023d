"""Chassis numbers where several things happen at once: dealers, small files together, removals, new keys."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing, Org
from core.db.tables.listing_chassis import ListingChassis
from core.identity.orgs import add_org, get_org
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys, kept_keys, open_keys
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.deliveries.register import store_and_register
from pipelines.feeds.mapping.store import load_mapping
from pipelines.imports import Delivery, ImportContext, ImportResult, import_delivery, undo_removals
from pipelines.imports.pending.import_pending import import_pending
from pipelines.listings.chassis.number import CHASSIS_NUMBER
from pipelines.personal_data.reseal import reseal
from pipelines.personal_data.rotate import rotate_keys
from tests.factories.chassis import CHASSIS_MAPPING, chassis_sheet

NUMBER = "JTDBR32E160012345"
DEALERS = ("khan-motors", "dha-cars", "city-cars")


@pytest.fixture
def keys(settings: Settings) -> PlatformKeys:
    return open_keys(settings)


@pytest.fixture
def dealers(session_factory: SessionFactory) -> list[UUID]:
    with transaction(session_factory) as session:
        return [add_org(session, code, code, default_mapping="google").id for code in DEALERS]


def numbers(session: Session, keys: PlatformKeys) -> list[tuple[str, str]]:
    query = select(Org.code, ListingChassis).join(ListingChassis, ListingChassis.org_id == Org.id).order_by(Org.code)
    sealer = Sealer(session, keys)
    return [(code, CHASSIS_NUMBER.open(sealer, row)) for code, row in session.execute(query)]


def test_dealers_that_deliver_one_number_at_once_do_not_meet(
    session_factory: SessionFactory, storage: Storage, keys: PlatformKeys, dealers: list[UUID]
) -> None:
    def deliver(code: str) -> ImportResult:
        with transaction(session_factory) as session:
            context = ImportContext(session, storage, open_keys=lambda: keys)
            sheet = chassis_sheet(("A1", NUMBER, 4_500_000))
            return import_delivery(context, Delivery(get_org(session, code), "s.csv", sheet, CHASSIS_MAPPING))

    with ThreadPoolExecutor(len(DEALERS)) as pool:
        results = list(pool.map(deliver, DEALERS))
    assert [(each.status, each.created, each.warnings) for each in results] == [("applied", 1, ())] * len(dealers)
    with session_factory() as session:
        assert numbers(session, keys) == [(code, NUMBER) for code in sorted(DEALERS)]


def test_small_files_of_several_dealers_keep_their_own_numbers(
    session_factory: SessionFactory, storage: Storage, keys: PlatformKeys, dealers: list[UUID]
) -> None:
    head = "id,vin,make,model,year,mileage,price,image_link,link,store_code"
    with transaction(session_factory) as session:
        for code, keys_with in zip(DEALERS, (("A1", "A2"), ("A1", "A2"), ()), strict=True):
            rows = [f"{key},{NUMBER},Toyota,Corolla,2018,52000 km,4500000 PKR,,," for key in keys_with]
            data = "\n".join([head, *rows, "A9,,Honda,City,2019,4000 km,4100000 PKR,,,", ""]).encode()
            delivery = Delivery(get_org(session, code), f"{code}.csv", data, load_mapping("google"))
            store_and_register(session, storage, delivery, received_at=utc_now(), now=utc_now())
    report = import_pending(session_factory, storage, run_id="t", open_keys=lambda: keys)
    assert report.failures == []
    told = {each.dealer: [warning.source_keys for warning in each.result.warnings] for each in report.files}
    assert told == {"khan-motors": [("A1", "A2")], "dha-cars": [("A1", "A2")], "city-cars": []}
    with session_factory() as session:
        kept = numbers(session, keys)
    assert kept == [("dha-cars", NUMBER)] * 2 + [("khan-motors", NUMBER)] * 2


def test_car_that_is_brought_back_has_its_number_and_is_told_of_again(
    session: Session, storage: Storage, org: Org, keys: PlatformKeys
) -> None:
    context = ImportContext(session, storage, open_keys=lambda: keys)

    def deliver(*cars: tuple[str, str, int]) -> ImportResult:
        delivery = Delivery(org, "stock.csv", chassis_sheet(*cars), CHASSIS_MAPPING)
        return import_delivery(context, delivery, accept_removals=True)

    deliver(("A1", NUMBER, 4_500_000), ("A2", "", 4_000_000))
    gone = deliver(("A9", NUMBER, 4_300_000), ("A2", "", 4_000_000))
    assert (gone.removed, gone.warnings, gone.file_id is not None) == (1, (), True)
    assert gone.file_id is not None
    undo_removals(context, gone.file_id, actor="x")
    assert numbers(session, keys) == [("khan-motors", NUMBER)] * 2
    (warning,) = deliver(("A9", NUMBER, 4_200_000), ("A1", NUMBER, 4_500_000), ("A2", "", 4_000_000)).warnings
    assert warning.source_keys == ("A1", "A9")


def test_numbers_open_after_a_rotation_of_keys(session: Session, storage: Storage, org: Org, tmp_path: Path) -> None:
    keys = kept_keys(tmp_path)
    context = ImportContext(session, storage, open_keys=lambda: keys)
    sheet = chassis_sheet(("A1", NUMBER, 4_500_000))
    import_delivery(context, Delivery(org, "stock.csv", sheet, CHASSIS_MAPPING))
    before = session.scalars(select(ListingChassis.sealed_number)).one()

    @contextmanager
    def here() -> Iterator[Session]:
        yield session

    rotate_keys(here, keys, utc_now())
    assert reseal(here, keys).resealed == 1
    assert session.scalars(select(ListingChassis.sealed_number)).one() != before
    session.expire_all()
    assert numbers(session, keys) == [("khan-motors", NUMBER)]


def test_import_that_failed_after_it_wrote_leaves_no_number(
    session_factory: SessionFactory, storage: Storage, keys: PlatformKeys, dealers: list[UUID]
) -> None:
    def fail() -> None:
        with transaction(session_factory) as session:
            org = get_org(session, DEALERS[0])
            sheet = chassis_sheet(("A1", NUMBER, 4_500_000))
            context = ImportContext(session, storage, open_keys=lambda: keys)
            assert import_delivery(context, Delivery(org, "s.csv", sheet, CHASSIS_MAPPING)).created == 1
            assert numbers(session, keys) == [(DEALERS[0], NUMBER)]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with session_factory() as session:
        assert numbers(session, keys) == []
        assert session.scalars(select(Listing.id).where(Listing.org_id.in_(dealers))).all() == []

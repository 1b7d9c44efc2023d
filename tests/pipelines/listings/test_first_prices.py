"""The first price of a car is that of the listing, without a row, until anything changes it."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db.tables import Listing, ListingPrice, Org
from pipelines.listings.single_writes import SingleListingRepository
from tests.factories.listings import PRICES, add_listing
from tests.pipelines.listings.conftest import MakeFile, cars, stock, upsert
from tests.pipelines.listings.test_upsert import listing

OWN = "UPDATE listings SET price_pkr = 1_000_000 WHERE id = :id"


def history(session: Session, car: UUID) -> list[tuple[int | None, str]]:
    query = select(PRICES.c.price_pkr, PRICES.c.source).where(PRICES.c.listing_id == car)
    return [(price, source) for price, source in session.execute(query.order_by(PRICES.c.observed_at, PRICES.c.id))]


def rows(session: Session, car: UUID) -> list[ListingPrice]:
    return list(session.scalars(select(ListingPrice).filter_by(listing_id=car).order_by(ListingPrice.observed_at)))


def test_price_that_never_changed_is_told_from_the_listing(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(2), delivery="full")
    upsert(
        session, org.id, new_file(), cars({"source_key": "K0", "mileage_km": 5}, {"source_key": "K1"}), delivery="full"
    )
    car = listing(session, "K0")
    assert history(session, car.id) == [(4_000_000, "feed")]
    assert rows(session, car.id) == []


def test_feed_that_changes_a_price_leaves_the_first_with_its_time_and_file(
    session: Session, org: Org, new_file: MakeFile
) -> None:
    first, second = new_file(), new_file()
    upsert(session, org.id, first, stock(2), delivery="full")
    upsert(session, org.id, second, stock(2, price_pkr=3_900_000), delivery="full")
    upsert(session, org.id, new_file(), stock(2, price_pkr=None), delivery="full")
    car = listing(session, "K1")
    kept = rows(session, car.id)
    assert [each.price_pkr for each in kept] == [4_000_000, 3_900_000, None]
    assert (kept[0].observed_at, kept[0].file_id, kept[1].file_id) == (car.created_at, first.id, second.id)
    assert history(session, car.id) == [(each.price_pkr, "feed") for each in kept]


def test_statement_written_by_hand_cannot_lose_the_first_price(session: Session) -> None:
    car = add_listing(session, price_pkr=2_000_000)
    session.execute(text(OWN), {"id": car})
    session.execute(text(OWN), {"id": car})
    assert history(session, car) == [(2_000_000, "feed")]
    session.execute(text("UPDATE listings SET price_pkr = NULL WHERE id = :id"), {"id": car})
    assert history(session, car) == [(2_000_000, "feed")]


def test_car_of_a_form_that_a_feed_takes_over_keeps_where_its_price_came_from(
    session: Session, org: Org, new_file: MakeFile
) -> None:
    made = add_listing(session, source="form", file_id=None, row_number=None, price_pkr=4_000_000)
    key = session.get_one(Listing, made).source_key
    upsert(session, org.id, new_file(), cars({"source_key": key}), delivery="partial")
    assert listing(session, key).source == "feed"
    assert history(session, made) == [(4_000_000, "form")]


def test_person_who_changes_a_price_adds_one_to_the_first(session: Session) -> None:
    car = add_listing(session, price_pkr=2_000_000, source="form", file_id=None, row_number=None)
    found = session.get_one(Listing, car)
    SingleListingRepository(session).change(found, {"price_pkr": 1_900_000, "city": "Multan"}, "form")
    SingleListingRepository(session).change(found, {"price_pkr": 1_800_000}, "form")
    assert history(session, car) == [(2_000_000, "form"), (1_900_000, "form"), (1_800_000, "form")]

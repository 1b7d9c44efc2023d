"""Late, shuffled and repeated deliveries end in the same state as deliveries in order, on a real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from core.db.tables import FeedFile, Listing, Org
from core.identity.orgs import add_org
from core.storage import Storage
from pipelines.feeds.deliveries.register import store_and_register
from pipelines.feeds.mapping.store import load_mapping
from pipelines.imports import Delivery, ImportContext, ImportResult, import_delivery, import_file
from tests.examples import examples
from tests.factories.feeds import row, sheet
from tests.factories.sessions import rolled_back

FIRST = datetime(2026, 5, 1, tzinfo=UTC)
LATER = FIRST + timedelta(days=30)
State = dict[str, int | None]


KEYS = st.sampled_from([f"K{number}" for number in range(5)])  # five may always go, so the guard stays out of this
ROWS = st.builds(
    row,
    KEYS,
    year=st.sampled_from([2018, 2018, 2018, 1820]),  # rejected: no word about the car
    price=st.sampled_from(["45 lacs", "46 lacs", "47 lacs"]),
    status=st.sampled_from(["", "", "", "sold"]),
)
SHEETS = st.lists(ROWS, min_size=1, max_size=6).map(lambda rows: sheet(*rows))
HISTORIES = st.lists(SHEETS, min_size=2, max_size=5)


def live(session: Session) -> State:
    return dict(session.execute(select(Listing.source_key, Listing.price_pkr).where(Listing.status == "live")).all())


def deliver(session: Session, storage: Storage, org: Org, at: int, data: bytes, mapping: str) -> ImportResult:
    name = f"stock-{FIRST + timedelta(hours=at):%Y%m%dT%H%MZ}.csv"
    delivery = Delivery(org, name, data, load_mapping(mapping))
    file = store_and_register(session, storage, delivery, received_at=LATER, now=LATER)
    return import_file(ImportContext(session, storage), file)


def end_of(
    engine: Engine, storage: Storage, sheets: list[bytes], order: list[int], mapping: str = "showroom"
) -> tuple[State, list[ImportResult]]:
    with rolled_back(engine) as session:
        org = add_org(session, "any-motors", "Any Motors")
        results = [deliver(session, storage, org, at, sheets[at], mapping) for at in order]
        last_prices = (
            "SELECT count(*) FROM listings l WHERE l.price_pkr IS DISTINCT FROM (SELECT p.price_pkr FROM"
            " listing_price_history p WHERE p.listing_id = l.id ORDER BY p.observed_at DESC LIMIT 1)"
        )
        assert session.scalar(text(last_prices)) == 0
        return live(session), results


@pytest.mark.slow
@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HISTORIES, st.integers(0, 2**32), st.integers(0, 4))
def test_shuffled_and_repeated_deliveries_end_in_the_in_order_state(
    engine: Engine, storage: Storage, sheets: list[bytes], seed: int, doubled: int
) -> None:
    in_order = list(range(len(sheets)))
    arrival = in_order + Random(seed).choices(in_order, k=doubled)
    Random(seed + 1).shuffle(arrival)
    expected, _ = end_of(engine, storage, sheets, in_order)
    ended, results = end_of(engine, storage, sheets, arrival)
    assert ended == expected
    for result in results:
        assert result.created + result.updated + result.unchanged + result.rejected == result.read


ADS = st.dictionaries(st.integers(100_000, 100_004), st.sampled_from(["PKR 45 lacs", "PKR 46 lacs", "x"]), min_size=1)


def ads(prices: dict[int, str]) -> bytes:
    address = "https://x.pk/toyota-corolla"
    rows = (f"Toyota Corolla 2018,Lahore,2018,{price},{address}-{key}" for key, price in prices.items())
    return "\n".join(["title,location,model_year,price,url", *rows, ""]).encode()


@pytest.mark.slow
@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ADS, min_size=2, max_size=5), st.integers(0, 2**32))
def test_late_partial_feed_loses_no_car(
    engine: Engine, storage: Storage, deliveries: list[dict[int, str]], seed: int
) -> None:
    sheets = [ads(prices) for prices in deliveries]
    arrival = list(range(len(sheets))) * 2
    Random(seed).shuffle(arrival)
    expected, _ = end_of(engine, storage, sheets, list(range(len(sheets))), "classifieds")
    ended, _ = end_of(engine, storage, sheets, arrival, "classifieds")
    assert ended == expected
    named = {str(key) for prices in deliveries for key, price in prices.items() if price != "x"}
    assert ended.keys() == named


def test_older_full_feed_is_stale_with_a_message(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, 2, sheet(row("A1", price="46 lacs")), "showroom")
    late = deliver(session, storage, org, 1, sheet(row("A1"), row("A2"), row("A3", year=1)), "showroom")
    assert (late.status, late.read, late.created, late.rejected) == ("stale", 0, 0, 0)
    assert "20260501T0200Z" in (late.message or "")
    assert live(session) == {"A1": 4_600_000}


def test_late_file_decides_cars_whose_newer_rows_were_rejected(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, 2, sheet(row("A1"), row("A2", year=1820)), "showroom")
    late = deliver(session, storage, org, 1, sheet(row("A1", price="40 lacs"), row("A2"), row("A3")), "showroom")
    assert (late.status, late.read, late.created, late.unchanged) == ("applied", 3, 1, 2)
    assert live(session) == {"A1": 4_500_000, "A2": 4_500_000}


def test_repeated_bytes_with_a_later_date_are_a_newer_snapshot(session: Session, storage: Storage, org: Org) -> None:
    day = sheet(row("A1"))
    deliver(session, storage, org, 1, day, "showroom")
    assert deliver(session, storage, org, 3, day, "showroom").status == "duplicate"
    assert deliver(session, storage, org, 2, sheet(row("A1", price="50 lacs")), "showroom").status == "stale"
    assert live(session) == {"A1": 4_500_000}


def test_return_to_an_earlier_content_is_applied(session: Session, storage: Storage, org: Org) -> None:
    first, second = sheet(row("A1")), sheet(row("A1", price="50 lacs"))
    context, showroom = ImportContext(session, storage), load_mapping("showroom")
    statuses = [
        import_delivery(context, Delivery(org, "stock.csv", data, showroom)).status for data in (first, second, first)
    ]
    assert statuses == ["applied"] * 3
    assert live(session) == {"A1": 4_500_000}


def test_repeated_file_with_an_older_date_in_its_name_is_a_duplicate(
    session: Session, storage: Storage, org: Org
) -> None:
    first, second = sheet(row("A1")), sheet(row("A1", price="50 lacs"))
    context, showroom = ImportContext(session, storage), load_mapping("showroom")
    names = ("stock-20260501.csv", "stock-20260502.csv", "stock-20260501.csv")
    statuses = [
        import_delivery(context, Delivery(org, name, data, showroom)).status
        for name, data in zip(names, (first, second, first), strict=True)
    ]
    assert statuses == ["applied", "applied", "duplicate"]
    assert live(session) == {"A1": 5_000_000}


def test_stated_snapshot_time_orders_the_file_and_is_never_in_the_future(
    session: Session, storage: Storage, org: Org
) -> None:
    context, showroom = ImportContext(session, storage), load_mapping("showroom")
    import_delivery(context, Delivery(org, "stock.csv", sheet(row("A1")), showroom))
    late = import_delivery(context, Delivery(org, "stock.csv", sheet(row("A1", price="1 lac")), showroom, FIRST))
    assert late.status == "stale"
    assert session.get_one(FeedFile, late.file_id).snapshot_at == FIRST
    future = LATER.replace(year=2099)
    ahead = import_delivery(context, Delivery(org, "stock.csv", sheet(row("A1")), showroom, future))
    assert session.get_one(FeedFile, ahead.file_id).snapshot_at.year < 2099

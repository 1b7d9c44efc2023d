"""An endpoint with a filter hears of the cars that it names, by what visitors see of them, and of no others."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.db.session import transaction
from core.db.tables.webhooks import WebhookEndpoint
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.search.errors import InvalidRangeError
from pipelines.webhooks.car_filter import CarFilter
from serving.webhooks.endpoints import EndpointSpec, change_endpoint
from serving.webhooks.errors import FilterNeedsCarError, UnknownFilterValueError
from serving.webhooks.filters import known_cars, require_cars
from tests.factories.listings import add_listing
from tests.factories.webhooks import Partner, subscribe
from tests.pipelines.webhooks.conftest import PRICE, Stage

FILTERS: dict[str, tuple[CarFilter, bool]] = {
    "all": (CarFilter(), True),
    "make": (CarFilter(make=("Toyota", "Suzuki")), True),
    "other make": (CarFilter(make=("Honda",)), False),
    "model, otherwise spelled": (CarFilter(model=("WAGON-R",)), True),
    "city": (CarFilter(city=("d.g. khan",)), True),
    "other city": (CarFilter(city=("Lahore",)), False),
    "year": (CarFilter(year_min=2018, year_max=2018), True),
    "later year": (CarFilter(year_min=2019), False),
    "old price": (CarFilter(price_max=1_000_000), True),
    "new price": (CarFilter(price_min=3_000_000), True),
    "between the prices": (CarFilter(price_min=1_500_000, price_max=2_000_000), False),
    "all fields": (CarFilter(("Suzuki",), ("Wagon R",), ("D.G. Khan",), 2010, 2020, 0, 10**12), True),
    "one field of many": (CarFilter(("Suzuki",), ("Wagon R",), ("Lahore",)), False),
}


def endpoint(org_id: UUID, name: str, cars: CarFilter) -> WebhookEndpoint:
    return WebhookEndpoint(
        org_id=org_id, url=f"https://x.example/{name}", events=[PRICE, "lead.created"], car_filter=cars.stored(),
        secret=b"", signing_key=b"", public_key="", phase="active",
    )  # fmt: skip


def told(stage: Stage, kind: str) -> set[str]:
    with transaction(stage.factory) as session:
        rows = session.scalars(
            text("""SELECT split_part(e.url, '/', 4) FROM webhook_deliveries d JOIN webhook_endpoints e
            ON e.id = d.endpoint_id JOIN webhook_messages m ON m.id = d.message_id WHERE m.type = :type"""),
            {"type": kind},
        ).all()
    assert len(rows) == len(set(rows))
    return set(rows)


def test_filters_go_by_the_car_and_by_both_prices_of_a_change(stage: Stage) -> None:
    with transaction(stage.factory) as session:
        seen: dict[str, Any] = {"make": "Suzuki", "model": "Wagon R", "city": "D.G. Khan", "model_year": 2018}
        car = add_listing(session, org="khan-motors", price_pkr=1_000_000, **seen)
        session.add_all(endpoint(stage.org_id, name, cars) for name, (cars, _) in FILTERS.items())
    stage.price(3_000_000, car=car)
    assert told(stage, PRICE) == {name for name, (_, wanted) in FILTERS.items() if wanted}


def test_event_without_a_price_goes_by_the_cars_own_and_one_without_a_car_is_in_no_filter(stage: Stage) -> None:
    cheap, dear = CarFilter(price_max=999_999), CarFilter(price_min=1_000_000)
    with transaction(stage.factory) as session:
        for name, cars in (("all", CarFilter()), ("cheap", cheap), ("dear", dear)):
            session.add(endpoint(stage.org_id, name, cars))
        facts: dict[str, Any] = {"type": "message", "state": "new", "branch_id": None, "listing_id": None}
        emit(session, "lead", NewEvent(uuid4(), "created", stage.org_id, payload=facts))
    stage.queue()
    assert told(stage, "lead.created") == {"all"}
    with transaction(stage.factory) as session:
        session.execute(text("DELETE FROM webhook_deliveries"))
        emit(
            session, "lead", NewEvent(uuid4(), "created", stage.org_id, payload=facts | {"listing_id": f"{stage.car}"})
        )
    stage.queue()
    assert told(stage, "lead.created") == {"all", "dear"}


def test_car_of_which_little_is_known_is_found_by_no_filter_on_that(stage: Stage) -> None:
    with transaction(stage.factory) as session:
        car = add_listing(session, org="khan-motors", price_pkr=None, city=None)
        session.add(endpoint(stage.org_id, "city", CarFilter(city=("Lahore",))))
        session.add(endpoint(stage.org_id, "price", CarFilter(price_min=0)))
        session.add(endpoint(stage.org_id, "make", CarFilter(make=("Toyota",))))
        facts = {"type": "message", "state": "new", "branch_id": None, "listing_id": str(car)}
        emit(session, "lead", NewEvent(uuid4(), "created", stage.org_id, payload=facts))
    stage.queue()
    assert told(stage, "lead.created") == {"make"}


def test_filter_is_read_as_it_was_given() -> None:
    for cars, _ in FILTERS.values():
        assert CarFilter.read(cars.stored()).stored() == cars.stored()
    assert CarFilter.read(CarFilter(price_max=5).stored()) == CarFilter(price_max=5)
    assert CarFilter().stored() == {}
    with pytest.raises(InvalidRangeError):
        CarFilter(year_min=2020, year_max=2019)


def test_unknown_names_are_refused_with_what_may_have_been_meant(stage: Stage) -> None:
    with transaction(stage.factory) as session:
        add_listing(session, org="khan-motors", make="Zotye", model="Z100")
        for cars, meant in (
            (CarFilter(make=("Toyotta",)), "Toyota"),
            (CarFilter(make=("Toyota",), model=("Corola",)), "Corolla"),
            (CarFilter(city=("Lahor",)), "Lahore"),
            (CarFilter(make=("ٹویوٹا",)), None),
            (CarFilter(make=("Honda",), model=("Z100",)), None),
        ):
            with pytest.raises(UnknownFilterValueError) as refused:
                known_cars(session, cars)
            assert (f"Did you mean {meant!r}?" in refused.value.detail) == (meant is not None), refused.value.detail
        known = known_cars(session, CarFilter(make=("TOYOTA", "zotye"), model=("z-100",), city=("lahore",)))
        assert known.make == ("Toyota", "zotye"), "of the catalogue, and what is on offer"


def test_filter_stands_beside_events_of_cars_alone_and_can_be_taken_off(stage: Stage, here: Partner) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE, cars=CarFilter(make=("Honda",)))
    stage.price(2_000_000)
    assert stage.send() == 0
    with transaction(stage.factory) as session, pytest.raises(FilterNeedsCarError):
        change_endpoint(stage.desk(session), webhook, EndpointSpec(events=[PRICE, "webhook.failing"]), None)
    with transaction(stage.factory) as session:
        changed, _ = change_endpoint(stage.desk(session), webhook, EndpointSpec(cars=CarFilter()), None)
        require_cars(changed)
    stage.price(3_000_000)
    assert stage.send() == 1
    assert here.told(PRICE)[0]["old_price_pkr"] == 2_000_000

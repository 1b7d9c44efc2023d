"""Similar cars are those nearest to the car, in a stable order."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.errors import NotFoundError
from core.vocabulary import Channel, Visibility
from serving.listings.finding.service import similar_listings
from tests.factories.listings import add_listing

ANYONE = Audience.anonymous()


def similar(session: Session, car: UUID, audience: Audience = ANYONE, limit: int = 10) -> list[UUID]:
    return [view.id for view in similar_listings(session, car, audience, limit)]


def test_model_before_family_before_body(session: Session) -> None:
    car = add_listing(session)
    body = add_listing(session, make="Honda", model="City")
    family = add_listing(session, model="Corolla Cross", body="suv")
    model = add_listing(session, mileage_km=300_000, model_year=2013, price_pkr=2_000_000)
    add_listing(session, make="Suzuki", model="Alto", body="hatchback")
    assert similar(session, car) == [model, family, body]
    assert similar(session, car, limit=2) == [model, family]


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [
        ({"model_year": 2017}, {"model_year": 2015}),
        ({"price_pkr": 3_900_000}, {"price_pkr": 2_900_000}),
        ({"price_pkr": 4_500_000}, {"price_pkr": None}),
        ({"mileage_km": 100_000}, {"mileage_km": 160_000}),
        ({"mileage_km": 90_000}, {"mileage_km": None}),
        ({}, {"fuel": "hybrid"}),
    ],
)
def test_nearer_in_year_price_mileage_and_fuel_comes_first(
    session: Session, nearer: dict[str, Any], farther: dict[str, Any]
) -> None:
    car = add_listing(session)
    second, first = add_listing(session, **farther), add_listing(session, **nearer)
    assert similar(session, car) == [first, second]


@pytest.mark.parametrize("columns", [{"price_pkr": 7_100_000}, {"price_pkr": 1_700_000}, {"model_year": 2011}])
def test_twice_the_price_or_years_apart_is_not_similar(session: Session, columns: dict[str, Any]) -> None:
    car = add_listing(session)
    add_listing(session, **columns)
    assert similar(session, car) == []


def test_car_that_says_little_has_similar_cars_too(session: Session) -> None:
    bare = add_listing(session, price_pkr=None, mileage_km=None, body=None, fuel=None)
    other = add_listing(session)
    assert similar(session, bare) == [other]


def test_ties_go_by_id(session: Session) -> None:
    car = add_listing(session)
    twins = sorted(add_listing(session) for _ in range(5))
    assert similar(session, car) == twins
    assert similar(session, car, limit=3) == twins[:3]


@pytest.mark.parametrize("hidden", [{"visibility": "private"}, {"channels": ["autotrader"]}, {"status": "withdrawn"}])
def test_audience_sees_its_own_and_nothing_else(session: Session, hidden: dict[str, Any]) -> None:
    car = add_listing(session)
    secret = add_listing(session, **hidden)
    assert similar(session, car) == []
    with pytest.raises(NotFoundError):
        similar(session, secret)


def test_dealers_see_wholesale_cars_and_visitors_do_not(session: Session) -> None:
    trade = Audience(Channel.AUTOTRADER, frozenset({Visibility.PUBLIC, Visibility.WHOLESALE_PUBLIC}))
    car = add_listing(session)
    wholesale = add_listing(session, visibility="wholesale_public")
    assert similar(session, car, trade) == [wholesale]
    assert similar(session, car) == []

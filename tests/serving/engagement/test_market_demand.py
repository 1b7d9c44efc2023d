"""Cells of the market that lie inside each other tell nothing when they are subtracted."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations, product
from random import Random
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from core.access.thresholds import FEWEST_COMPARED_DEALERS, may_be_published
from pipelines.engagement.aggregates.hourly import aggregate_hour
from pipelines.engagement.aggregates.storing import Partition, replace_partition
from serving.engagement.benchmarks import DemandCell, month_of, read_demand
from tests.factories.engagement import HOUR, event, frame
from tests.factories.listings import add_listing, dealer

MODELS, CITIES = ("Corolla", "Yaris", "Vitz"), ("Lahore", "Karachi", None)
ASKED = list(product((None, *MODELS), (None, "Lahore", "Karachi")))
SELLERS = 10


class Car(NamedTuple):
    """A car on offer, with its views."""

    id: UUID
    seller: UUID
    model: str
    city: str | None
    views: int


Part = tuple[str | None, str | None]
Parts = dict[Part, list[Car]]


def drawn(seed: int) -> list[Car]:
    """Cells of model and city that are large, of a few cars, or mostly of one seller."""
    draw = Random(seed)
    cars = []
    for model, city in product(MODELS, CITIES):
        for seller in draw.sample(range(SELLERS), draw.choice([0, 1, 2, 4, 6, 7, 8, 10])):
            for _ in range(draw.choice([1, 1, 2, 4])):
                cars.append(Car(uuid4(), UUID(int=seller + 1), model, city, draw.choice([0, 1, 1, 3])))
    return cars


def told(cars: Iterable[Car]) -> bool:
    return may_be_published(Counter(car.seller for car in cars))


def parts_of(cars: list[Car]) -> Parts:
    """Put each car into the smallest part that may be told of: its cell, the rest of its model, or of the make."""
    parts: Parts = {}
    for key in (lambda car: (car.model, car.city or ""), lambda car: (car.model, None), lambda _: (None, None)):
        groups: Parts = {}
        for car in cars:
            groups.setdefault(key(car), []).append(car)
        parts |= {part: group for part, group in groups.items() if told(group)}
        cars = [car for part, group in groups.items() if part not in parts for car in group]
    return parts


def of_cell(parts: Parts, model: str | None, city: str | None) -> list[list[Car]]:
    return [cars for part, cars in parts.items() if model in (None, part[0]) and city in (None, part[1])]


def supply_of(parts: Parts, model: str | None, city: str | None) -> frozenset[Car]:
    return frozenset(car for cars in of_cell(parts, model, city) for car in cars)


def sums(answered: list[frozenset[Car]]) -> Iterator[frozenset[Car]]:
    """Unions of one, two and three answers."""
    for size in (1, 2, 3):
        for some in combinations(answered, size):
            yield frozenset().union(*some)


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_no_difference_of_answers_rests_on_fewer_than_five_dealers(first: int) -> None:
    differences = refused = 0
    for seed in range(first, first + 20):
        cars = drawn(seed)
        parts = parts_of(cars)
        answered = list({supply_of(parts, *cell) for cell in ASKED} - {frozenset[Car]()})
        refused += told(cars) and len(answered) < len(ASKED)
        unions = set(sums(answered))
        for larger, smaller in product(unions, answered):
            rest = larger - smaller
            if rest:
                differences += 1
                assert told(rest)
                assert len({car.seller for car in rest}) > FEWEST_COMPARED_DEALERS
    assert differences > 100
    assert refused


def test_cells_inside_each_other_leave_out_what_their_difference_would_tell(session: Session) -> None:
    with_views = 0
    for seed in (3, 5, 8):
        cars = drawn(seed)
        make = f"Make {seed}"
        offered(session, make, cars)
        parts = parts_of(cars)
        for model, city in ASKED:
            found = read_demand(session, DemandCell(make, model, city), month_of(HOUR.date()))
            supply = supply_of(parts, model, city)
            assert found.supply == (len(supply) or None), (seed, model, city)
            viewed = [
                group
                for group in of_cell(parts, model, city)
                if may_be_published(Counter({car.seller: 0 for car in group}) + views_by_seller(group))
            ]
            views = sum(car.views for group in viewed for car in group)
            assert found.views == (views or None), (seed, model, city)
            shown = None if not views else round(views / sum(map(len, viewed)), 4)
            assert found.demand_index == shown
            with_views += bool(views)
    assert with_views > 10


def views_by_seller(cars: Iterable[Car]) -> Counter[UUID]:
    found: Counter[UUID] = Counter()
    for car in cars:
        found[car.seller] += car.views
    return +found


def offered(session: Session, make: str, cars: list[Car]) -> None:
    """Put the cars on offer, and count their views."""
    orgs = {seller: dealer(session, f"dealer-{seller.int}") for seller in {car.seller for car in cars}}
    events = []
    for car in cars:
        org = orgs[car.seller]
        add_listing(session, org=org.code, id=car.id, make=make, model=car.model, city=car.city)
        owner = {"listing_id": str(car.id), "org_id": str(org.id), "make": make, "model": car.model}
        events += [event(1, event_id=str(uuid4()), **owner) for _ in range(car.views)]
    session.flush()
    counted = aggregate_hour(frame(events).lazy())
    at = HOUR.replace(hour=int(make[-1]))
    replace_partition(session, "hour", Partition(at, "a", "b", len(events)), counted, HOUR)

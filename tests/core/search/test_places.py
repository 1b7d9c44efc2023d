"""Distance: listings stand where their city is."""

import math

import pytest

from core.errors import InvalidInputError
from core.search import ListingFilters, SearchQuery, Sort
from core.search.filters import Near
from core.search.places import Point, by_distance, city_point, distance_km, place_key, places
from core.search.tantivy import TantivyEngine
from tests.core.search.conftest import Fill, ids


def test_distances_are_those_of_the_map() -> None:
    lahore = city_point("lahore")
    for city, kilometres in (("Islamabad", 265), ("Karachi", 1025), ("Faisalabad", 120), ("Peshawar", 380)):
        assert distance_km(lahore, city_point(city)) == pytest.approx(kilometres, rel=0.04)
    assert distance_km(lahore, lahore) == 0
    assert distance_km(Point(0, 180), Point(0, -180)) == pytest.approx(0, abs=1e-6)
    assert distance_km(Point(90, 0), Point(-90, 0)) == pytest.approx(math.pi * 6371, rel=1e-3)


def test_every_place_is_in_or_beside_pakistan() -> None:
    for key, point in places().items():
        assert 23.5 < point.latitude < 37.2, key
        assert 60.8 < point.longitude < 77.9, key
    assert sorted(key for _, keys in by_distance(Point(30, 70)) for key in keys) == sorted(places())


def test_a_city_is_known_by_any_spelling_of_case_and_dots() -> None:
    assert place_key("d.g. KHAN") == place_key("D.G.Khan") is not None
    assert place_key("Atlantis") is None
    with pytest.raises(InvalidInputError) as caught:
        Near.city("Atlantis", 10)
    assert caught.value.code == "unknown_city"


def test_near_finds_the_cities_within(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(
        lahore={}, kasur={"city": "Kasur"}, multan={"city": "MULTAN"}, unknown={"city": "Atlantis"}, none={"city": None}
    )
    assert set(ids(index, filters=ListingFilters(near=Near.city("Lahore", 60)))) == {cars["lahore"], cars["kasur"]}
    assert ids(index, filters=ListingFilters(near=Near(city_point("Lahore"), 0))) == [cars["lahore"]]
    assert len(ids(index, filters=ListingFilters(near=Near(Point(0, 0), 20_000)))) == 3


def test_the_nearest_come_first_and_the_unknown_last(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(multan={"city": "Multan"}, lahore={}, none={"city": None}, kasur={"city": "Kasur"})
    near = Near.city("Lahore", 1000)
    expected = [cars[name] for name in ("lahore", "kasur", "multan")]
    assert ids(index, sort=Sort.DISTANCE, filters=ListingFilters(near=near)) == expected
    assert ids(index, sort=Sort.DISTANCE, origin=city_point("Lahore")) == [*expected, cars["none"]]


@pytest.mark.parametrize("point", [(91, 0), (0, 181), (math.nan, 0), (0, math.inf)])
def test_points_off_the_globe_are_refused(point: tuple[float, float]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Point(*point)
    assert caught.value.code == "invalid_point"


def test_distance_without_a_point_and_a_strange_radius_are_refused() -> None:
    with pytest.raises(InvalidInputError) as caught:
        SearchQuery(sort=Sort.DISTANCE)
    assert caught.value.code == "missing_origin"
    for radius in (-1, 20_001, math.nan):
        with pytest.raises(InvalidInputError) as caught:
            Near(Point(0, 0), radius)
        assert caught.value.code == "invalid_radius"

"""Filters over the small market, generated: every field, alone and with others, at the edges of its values."""

from typing import Any

from hypothesis import strategies as st

from core.prices.deal_ratings import DealRating
from core.search import ListingFilters
from core.search.filters import Near
from core.search.places import city_point
from core.vocabulary import Assembly, Body, Color, Drive, Fuel, Transmission
from tests.conformance import market

MULTAN = city_point("Multan")


def some(values: list[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.one_of(st.just(()), st.just(()), st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple))


def bounds(name: str, low: list[int], high: list[int]) -> st.SearchStrategy[dict[str, int | None]]:
    pair = st.tuples(st.none() | st.sampled_from(low), st.none() | st.sampled_from(high))
    ordered = pair.filter(lambda one: one[0] is None or one[1] is None or one[0] <= one[1])
    return ordered.map(lambda one: {f"{name}_min": one[0], f"{name}_max": one[1]})


_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "make": some(["toyota", "HONDA", "mercedes benz", "Kia"]),
    "model": some(["Corolla", "wagon r", market.ODD_MODEL]),
    "variant": some(["gli", "Oriel", "2018 EDITION"]),
    "not_make": some(["toyota", "mercedes benz"]), "not_model": some(["Corolla", market.ODD_MODEL]),
    "not_city": some(["lahore", "atlantis"]),
    "registered_in": some(["lahore", "Sindh", "unregistered"]), "seats": some([5, 7]), "drive": some(list(Drive)),
    "city": some(["lahore", "Karachi", "atlantis"]), "province": some(["punjab", "Sindh"]),
    "body": some(list(Body)[:3]), "fuel": some(list(Fuel)[:3]), "transmission": some(list(Transmission)),
    "assembly": some(list(Assembly)), "color": some(list(Color)[:3]), "dealer": some(market.DEALERS),
    "deal_rating": some(list(DealRating)), "has_photos": st.sampled_from([None, None, True, False]),
    "near": st.sampled_from([None, None, Near(MULTAN, 0), Near(MULTAN, 400), Near(MULTAN, 1000)]),
}  # fmt: skip
_RANGES = (
    bounds("year", [1999, 2000, 2008], [2008, 2018, 3000]),
    bounds("price", [0, 100_000, 100_001], [100_000, 250_000, 2**70]),
    bounds("mileage", [0, 5_000], [0, 5_000, 2**70]),
    bounds("engine_cc", [0, 660, 1_300], [1_300, 1_800, 2**70]),
)

together: st.SearchStrategy[ListingFilters] = st.builds(
    lambda one, two: ListingFilters(**one, **{name: end for pair in two for name, end in pair.items()}),
    st.fixed_dictionaries(_FIELDS),
    st.tuples(*_RANGES),
)
alone: st.SearchStrategy[ListingFilters] = st.one_of(
    *(field.map(lambda value, name=name: ListingFilters(**{name: value})) for name, field in _FIELDS.items()),
    *(pair.map(lambda values: ListingFilters(**values)) for pair in _RANGES),
)

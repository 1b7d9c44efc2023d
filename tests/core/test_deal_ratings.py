"""Ratings follow the band: they rise with the price, and the middle of the band is fair."""

from hypothesis import given
from hypothesis import strategies as st

from core.deal_ratings import DealRating, deal_rating

_ORDER = list(DealRating)
_PRICES = st.integers(min_value=1, max_value=2**40)


@given(st.tuples(_PRICES, _PRICES, _PRICES).map(sorted), _PRICES, _PRICES)
def test_a_dearer_price_is_never_rated_a_better_deal(band: list[int], one: int, other: int) -> None:
    cheap, dear = sorted((one, other))
    assert _ORDER.index(deal_rating(cheap, *band)) <= _ORDER.index(deal_rating(dear, *band))


@given(st.tuples(_PRICES, _PRICES, _PRICES).map(sorted))
def test_the_middle_is_fair_and_the_edges_are_inside(band: list[int]) -> None:
    low, mid, high = band
    assert deal_rating(mid, *band) is DealRating.FAIR
    assert deal_rating(low, *band) is not DealRating.GREAT
    assert deal_rating(high, *band) is not DealRating.OVERPRICED
    assert deal_rating(low - 1, *band) is DealRating.GREAT
    assert deal_rating(high + 1, *band) is DealRating.OVERPRICED

"""Ratings follow the band: they rise with the price, and the middle of the band is fair."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, column, select, values
from sqlalchemy.orm import Session

from core.prices.deal_ratings import DealRating, deal_rating, deal_rating_sql
from tests.examples import examples

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


_BANDS = st.tuples(_PRICES, _PRICES, _PRICES).map(sorted)
_CLOSE = st.integers(-2, 2)


@settings(max_examples=examples(25), suppress_health_check=[*HealthCheck])
@given(st.lists(st.tuples(_BANDS, _PRICES, st.sampled_from(range(6)), _CLOSE), min_size=1, max_size=40))
def test_sql_rates_as_python_does(session: Session, cases: list[tuple[list[int], int, int, int]]) -> None:
    rows = []
    for number, (band, price, threshold, off) in enumerate(cases):
        low, mid, high = band
        at = [price, low, (low + mid) // 2, mid, (mid + high) // 2, high][threshold]
        rows.append((number, max(at + off, 1), low, mid, high))
    names = ("number", "price", "low", "mid", "high")
    table = values(*(column(name, BigInteger) for name in names), name="cases").data(rows)
    rated = select(table.c.number, deal_rating_sql(table.c.price, table.c.low, table.c.mid, table.c.high))
    found = {number: rating for number, rating in session.execute(rated)}  # noqa: C416
    assert found == {number: deal_rating(*rest).value for number, *rest in rows}


def test_sql_has_no_rating_without_a_price_or_a_band(session: Session) -> None:
    names = ("price", "low", "mid", "high")
    table = values(*(column(name, BigInteger) for name in names), name="cases").data(
        [(None, 1, 2, 3), (1, None, None, None), (None, None, None, None)]
    )
    rated = select(deal_rating_sql(table.c.price, table.c.low, table.c.mid, table.c.high))
    assert session.scalars(rated).all() == [None, None, None]

"""Say what a car may be expected to sell for at its asking price, and how soon: once enough sales are known."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.clock import market_today
from models.sale_prices.sales import Offers
from models.sale_prices.train import Missing, SaleModel, expected

SENTENCES: Final = {
    Missing.TOO_FEW_SALES.value: "All prices are asking prices: too few sales are known to say more.",
    Missing.NOT_CALIBRATED.value: "All prices are asking prices: what is known of sales did not hold for later ones.",
    "no_band": "Without an asking price and a price band nothing can be said of a sale.",
}
"""Reasons for which nothing is said, for people. They tell no number of sales: that is not for everybody."""


@dataclass(frozen=True, slots=True)
class ExpectedSale:
    """The price that a car is expected to sell for, and the days until it does; or why either is not said."""

    low_pkr: int | None  # the band of 80 % of sale prices
    mid_pkr: int | None
    high_pkr: int | None
    no_price: str | None  # a key of `SENTENCES`
    days_25: int | None  # within which a quarter of such cars sells
    days_50: int | None
    days_75: int | None
    no_days: str | None  # a key of `SENTENCES`


def expected_sale(
    state: dict[str, Any] | None, *, asked: int | None, middle: int | None, model_year: int | None
) -> ExpectedSale:
    """Compute what may be expected of a car at its asking price.

    Args:
        state: the newest `sale_models.artifact`; None before the first.
        asked: the asking price in rupees.
        middle: of the car's price band.
        model_year: of the car.
    """
    if not asked or not middle or model_year is None:
        return _nothing("no_band", "no_band")
    if not state:
        return _nothing(Missing.TOO_FEW_SALES, Missing.TOO_FEW_SALES)
    model = SaleModel.from_state(state)
    age = max(market_today().year - model_year, 0)
    shares, days = expected(model, Offers.of(*(np.array([float(each)]) for each in (asked, middle, age))))
    low, mid, high = (None,) * 3 if shares is None else (_rounded(asked * share) for share in shares[0].tolist())
    nothing: list[float] = [np.nan] * 3
    soon, half, late = (None if each != each else round(each) for each in (nothing if days is None else days[0]))
    return ExpectedSale(low, mid, high, model.no_discount, soon, half, late, model.no_waiting)


def _nothing(price: str, days: str) -> ExpectedSale:
    return ExpectedSale(None, None, None, price, None, None, None, days)


def _rounded(pkr: float) -> int:
    return round(pkr / 5_000) * 5_000

"""Say what a car may be expected to sell for at its asking price, and how soon: once enough sales are known."""

import logging
import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.clock import market_today
from models.sale_prices.sales import FARTHEST, Offers
from models.sale_prices.train import Missing, SaleModel, expected

FAR_FROM_BAND: Final = "far_from_band"
SENTENCES: Final = {
    Missing.TOO_FEW_SALES.value: "All prices are asking prices: too few sales are known to say more.",
    Missing.NOT_CALIBRATED.value: "All prices are asking prices: what is known of sales did not hold for later ones.",
    FAR_FROM_BAND: "The asking price is too far from what such cars are asked for: nothing is known of such sales.",
    "no_band": "Without an asking price and a price band nothing can be said of a sale.",
}
"""Reasons for which nothing is said, for people. They tell no number of sales: that is not for everybody."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExpectedSale:
    """The price that a car is expected to sell for, and the days until it does; or why either is not said."""

    asked_pkr: int | None  # the asking price at which that is expected
    low_pkr: int | None  # the band of 80 % of sale prices
    mid_pkr: int | None
    high_pkr: int | None
    no_price: str | None  # a key of `SENTENCES`
    days_25: int | None  # within which a quarter of such cars sells
    days_50: int | None
    days_75: int | None
    no_days: str | None  # a key of `SENTENCES`


NO_SALE: Final = ExpectedSale(None, None, None, None, "no_band", None, None, None, "no_band")
"""Nothing is said of a car without an asking price or a band."""


def sale_model_of(state: dict[str, Any] | None) -> SaleModel | None:
    """Restore the sale model of the newest `sale_models.artifact`; None before the first.

    One that this version of the code cannot read says nothing either: quotes do not wait for the next fit.
    """
    if not state:
        return None
    try:
        return SaleModel.from_state(state)
    except (KeyError, TypeError, ValueError):
        _log.exception("the sale model cannot be read: nothing is said of sales until the next is fitted")
        return None


def expected_sale(
    model: SaleModel | None, *, asked: int | None, middle: int | None, model_year: int | None
) -> ExpectedSale:
    """Compute what may be expected of a car at its asking price.

    Args:
        model: the newest; None before the first.
        asked: the asking price in rupees.
        middle: of the car's price band.
        model_year: of the car.
    """
    if not asked or not middle or model_year is None:
        return NO_SALE
    if model is None:
        model = _NO_MODEL
    if model.discount is None and model.waiting is None:
        return ExpectedSale(asked, None, None, None, model.no_discount, None, None, None, model.no_waiting)
    if abs(math.log(asked / middle)) > FARTHEST:
        return ExpectedSale(asked, None, None, None, FAR_FROM_BAND, None, None, None, FAR_FROM_BAND)
    age = max(market_today().year - model_year, 0)
    shares, days = expected(model, Offers.of(*(np.array([float(each)]) for each in (asked, middle, age))))
    low, mid, high = (None,) * 3 if shares is None else (_rounded(asked * share) for share in shares[0].tolist())
    nothing: list[float] = [np.nan] * 3
    soon, half, late = (None if each != each else round(each) for each in (nothing if days is None else days[0]))
    return ExpectedSale(asked, low, mid, high, model.no_discount, soon, half, late, model.no_waiting)


_NO_MODEL: Final = SaleModel(None, None, Missing.TOO_FEW_SALES, Missing.TOO_FEW_SALES)


def _rounded(pkr: float) -> int:
    return round(pkr / 5_000) * 5_000

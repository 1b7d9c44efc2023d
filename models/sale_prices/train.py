"""Fit the sale model, judge both halves on later cars, and let none answer that is not calibrated."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, SupportsFloat

import numpy as np
import polars as pl

from models.price_bands.inputs.columns import Floats
from models.sale_prices.discount import LEVEL, Discount, fit_discount
from models.sale_prices.sales import Offers, is_sold, offers_of, priced, usable, weights_of
from models.sale_prices.waiting import QUANTILES, Waiting, fit_waiting, share_sold

TEST_SHARE = 0.2
CALIBRATING = 4
"""Of so many sales one calibrates the band of sale prices."""
FARTHEST_COVERAGE = 0.06
"""A band, or a time, may hold so much more or fewer of the later cars than it says."""


class Missing(StrEnum):
    """The reasons for which there is no expected sale price, or no time until a sale."""

    TOO_FEW_SALES = "too_few_sales"
    NOT_CALIBRATED = "not_calibrated"


@dataclass(frozen=True)
class SaleModel:
    """The two halves, each with the reason where it is missing."""

    discount: Discount | None
    waiting: Waiting | None
    no_discount: Missing | None = None
    no_waiting: Missing | None = None
    metrics: dict[str, Any] = field(default_factory=dict)  # of both halves, on cars that the judged twin had not seen

    def state(self) -> dict[str, Any]:
        """Return what answers as JSON values: without the metrics, which count sales."""
        return {
            "discount": None if self.discount is None else self.discount.state(),
            "waiting": None if self.waiting is None else self.waiting.state(),
            "no_discount": self.no_discount,
            "no_waiting": self.no_waiting,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "SaleModel":
        """Restore what `state` described."""
        discount, waiting = state["discount"], state["waiting"]
        return cls(
            None if discount is None else Discount.from_state(discount),
            None if waiting is None else Waiting.from_state(waiting),
            None if state["no_discount"] is None else Missing(state["no_discount"]),
            None if state["no_waiting"] is None else Missing(state["no_waiting"]),
        )


def train(sales: pl.DataFrame, *, teaching: Callable[[pl.DataFrame], pl.DataFrame]) -> SaleModel:
    """Fit and judge both halves.

    Args:
        sales: columns of `SALES_SCHEMA`.
        teaching: chooses the cars that figures may rest on, without one seller's excess; none where they are too few.
    """
    cars = usable(sales)
    told = teaching(priced(cars))
    timed = teaching(cars.sort(started_on(), *cars.columns, nulls_last=True))
    discount, no_discount, price_metrics = _discount(told) if told.height else (None, Missing.TOO_FEW_SALES, {})
    waiting, no_waiting, days_metrics = _waiting(timed) if timed.height else (None, Missing.TOO_FEW_SALES, {})
    return SaleModel(discount, waiting, no_discount, no_waiting, {"price": price_metrics, "days": days_metrics})


def started_on() -> pl.Expr:
    """Compute the first day on offer."""
    return pl.col("ended_on") - pl.duration(days=pl.col("days"))


def _discount(sales: pl.DataFrame) -> tuple[Discount | None, Missing | None, dict[str, Any]]:
    """Fit to the earlier sales and judge on the latest fifth; the half that answers is fitted to all."""
    first = sales.height - round(TEST_SHARE * sales.height)
    found, test = _fit_discount(sales[:first]), sales[first:]
    asked = test["asked_pkr"].cast(pl.Float64).to_numpy()
    share = np.exp(_log_share(test))
    low, middle, high = found.shares(offers_of(test)).T
    plain = float(np.exp(np.median(_log_share(sales[:first]))))
    metrics = {
        "sales": sales.height,
        "judged_on": test.height,
        "coverage": _rounded(np.mean((share >= low) & (share <= high))),
        "mape": _rounded(np.mean(np.abs(middle / share - 1))),
        "mape_of_one_share": _rounded(np.mean(np.abs(plain / share - 1))),
        "usual_share": _rounded(plain),
        "median_asked_pkr": int(np.median(asked)),
    }
    if abs(metrics["coverage"] - LEVEL) > FARTHEST_COVERAGE:
        return None, Missing.NOT_CALIBRATED, metrics
    return _fit_discount(sales), None, metrics


def _fit_discount(sales: pl.DataFrame) -> Discount:
    """Fit the weights to three sales of four, and the band to the fourth of each: of every seller the same share.

    Were it the latest quarter, the ends of the band could be those of one seller who came late.
    """
    held = pl.int_range(pl.len()) % CALIBRATING == CALIBRATING - 1
    ordered = sales.sort("seller", maintain_order=True).sort(held, maintain_order=True)
    return fit_discount(offers_of(ordered), _log_share(ordered), weights_of(ordered), sales.height // CALIBRATING)


def _log_share(sales: pl.DataFrame) -> Floats:
    values: Floats = np.log(sales["sold_pkr"].to_numpy() / sales["asked_pkr"].to_numpy())
    return values


def _waiting(cars: pl.DataFrame) -> tuple[Waiting | None, Missing | None, dict[str, Any]]:
    """Fit to what was known of the cars that came before a day, and judge on those that came later."""
    first = cars.height - round(TEST_SHARE * cars.height)
    test = cars[first:]
    day = test.select(started_on()).to_series().min()
    known = _as_known_on(cars[:first], day) if isinstance(day, date) else cars[:first]
    found = _fit_waiting(known)
    offers, sold, weight = offers_of(test), is_sold(test), weights_of(test)
    log_days = np.log1p(test["days"].to_numpy())
    middle = offers.inputs @ np.array(found.weights)
    within = {
        f"{share:.0%}": _rounded(share_sold(log_days - middle - added, sold, weight))
        for share, added in zip(QUANTILES, found.residuals, strict=True)
        if added is not None and _was_seen(log_days - middle - added)
    }
    metrics = {"cars": cars.height, "sold": int(is_sold(cars).sum()), "judged_on": test.height, "sold_within": within}
    off = [abs(seen - float(said.rstrip("%")) / 100) for said, seen in within.items()]
    if not off or max(off) > FARTHEST_COVERAGE:
        return None, Missing.NOT_CALIBRATED, metrics
    return _fit_waiting(cars), None, metrics


def _as_known_on(cars: pl.DataFrame, day: date) -> pl.DataFrame:
    """Look at cars as they stood on a day: those that were sold later were still on offer."""
    open_then = (pl.col("ended_on") > day).fill_null(value=False)
    days = pl.when(open_then).then((pl.lit(day) - started_on()).dt.total_days()).otherwise("days")
    return cars.with_columns(is_sold=pl.col("is_sold") & ~open_then, days=days.clip(0))


def _was_seen(values: Floats) -> bool:
    """Tell whether enough cars were watched for longer than the time that is judged."""
    return float(np.mean(values > 0)) > TEST_SHARE / 2


def _fit_waiting(cars: pl.DataFrame) -> Waiting:
    days = cars["days"].cast(pl.Float64).to_numpy()
    return fit_waiting(offers_of(cars), days, is_sold(cars), weights_of(cars))


def expected(model: SaleModel, offers: Offers) -> tuple[Floats | None, Floats | None]:
    """Compute the shares of the asking price (low, middle, high) and the days (`QUANTILES`) of cars; None without."""
    shares = None if model.discount is None else model.discount.shares(offers)
    return shares, None if model.waiting is None else model.waiting.days(offers)


def _rounded(value: SupportsFloat) -> float:
    return round(float(value), 4)

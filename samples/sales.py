"""Invent sales: none are known of the real market, so what learns from sales is tried on these. Nothing here is true.

    sale   = asking * e^(-0.03 - 0.35 * above - 0.01 * (age - 8) / 10 + noise),  noise ~ N(0, 0.025)
    days   = 25 * e^(2.5 * above) * a log-logistic draw of scale 0.7

`above` is log(asking / middle of the band). A car whose days have not passed on the market's day is still on offer.
"""

import math
from datetime import timedelta
from random import Random

import polars as pl

from samples.cars import MARKET_DAY

DISCOUNT, BARGAINED, BY_AGE, NOISE = 0.03, 0.35, 0.01, 0.025
USUAL_DAYS, SLOWED, SPREAD = 25.0, 2.5, 0.7
_DAYS_WATCHED = 240
_SELLERS = 40


def invented_sales(cars: int = 4000, seed: int = 2026) -> pl.DataFrame:
    """Invent cars that were sold and cars that are still on offer: columns of `models.sale_prices.sales`."""
    random = Random(f"{seed}:sales")
    return pl.DataFrame([_car(random) for _ in range(cars)])


def days_until_sale(above: float, random: Random) -> int:
    """Draw the days until a car sells that is asked so far above the middle (in logarithms)."""
    draw = min(max(random.random(), 1e-6), 1 - 1e-6)
    return round(USUAL_DAYS * math.exp(SLOWED * above + SPREAD * math.log(draw / (1 - draw))))


def sale_price(asked: int, above: float, age: float, random: Random) -> int:
    """Draw the price that an asking price ends in."""
    share = -DISCOUNT - BARGAINED * above - BY_AGE * (age - 8) / 10 + random.gauss(0, NOISE)
    return round(asked * math.exp(share) / 1000) * 1000


def _car(random: Random) -> dict[str, object]:
    middle, age = round(3e6 * math.exp(random.gauss(0, 0.6))), random.uniform(1, 20)
    above = random.gauss(0, 0.08)
    asked = round(middle * math.exp(above))
    watched, days = random.randrange(_DAYS_WATCHED), days_until_sale(above, random)
    sold = days <= watched
    return {
        "asked_pkr": asked,
        "sold_pkr": sale_price(asked, above, age, random) if sold else None,
        "mid_pkr": middle,
        "age": age,
        "days": min(days, watched),
        "is_sold": sold,
        "seller": f"seller {random.randrange(_SELLERS)}",
        "ended_on": MARKET_DAY - timedelta(days=watched - min(days, watched)),
    }

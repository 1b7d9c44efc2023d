"""Measure how many slipped prices of real ads are held at the door, and how many right ones.

`python -m bench.price_bands.slips`.
Half of the ads of October 2022 is the market, half is what dealers send. The market's price of a model and age is the
median of its ads, a year more or less, as `pipelines.imports.prices.market` takes it of at most sixty.
"""

import polars as pl

from bench.price_bands.ads_2022 import read_ads_2022
from core.access.thresholds import may_be_told
from core.prices.slips import SLIP_FACTOR, likely_price

SLIPS = {
    "a digit too few": 0.1, "a digit too many": 10.0, "lakh for crore": 0.01, "crore for lakh": 100.0,
    "lakhs as rupees, thousands as rupees": 0.001, "instalment of 36 months": 1 / 30, "instalment of 60 months": 1 / 45,
    "US dollars": 1 / 220, "dirhams": 1 / 60,
}  # fmt: skip
CELL = ("make", "model", "model_year")


def typical_prices(market: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Return CELL and `typical_pkr` of the cars asked about, where at least five ads tell it."""
    cells = asked.select(CELL).unique()
    near = cells.join(market.rename({"model_year": "year"}), on=["make", "model"])
    near = near.filter((pl.col("year") - pl.col("model_year")).abs() <= 1)
    found = near.group_by(CELL).agg(pl.col("price_pkr").median().alias("typical_pkr"), pl.len().alias("cars"))
    return found.filter(may_be_told(pl.col("cars"), pl.col("cars"))).select(*CELL, "typical_pkr")


def main() -> None:
    """Print the shares."""
    ads = read_ads_2022().select(*CELL, "price_pkr", "source_key").sample(fraction=1.0, shuffle=True, seed=1)
    market, sent = ads.head(ads.height // 2), ads.tail(ads.height - ads.height // 2)
    known = sent.join(typical_prices(market, sent), on=list(CELL))
    ratio = pl.col("price_pkr") / pl.col("typical_pkr")
    held = (ratio < 1 / SLIP_FACTOR) | (ratio > SLIP_FACTOR)
    print(f"{sent.height:,} prices, of which the market knows the model and age of {known.height / sent.height:.1%}")
    odd = known.filter(held)
    near = sum(likely_price(*pair) is not None for pair in odd.select("price_pkr", "typical_pkr").iter_rows())
    print(f"as written: {odd.height} of {known.height:,} held; {near} of these are a whole unit away")
    right = known.filter(~held)
    for name, factor in SLIPS.items():
        slipped = right.with_columns((pl.col("price_pkr") * factor).cast(pl.Int64))
        found = slipped.filter(held)
        meant = sum(
            likely_price(price, typical) == round(price / factor)
            for price, typical in found.select("price_pkr", "typical_pkr").iter_rows()
        )
        print(
            f"{name}: {found.height / slipped.height:.2%} held, of all prices {found.height / sent.height:.2%};"
            f" right value named for {meant / max(found.height, 1):.1%}"
        )


if __name__ == "__main__":
    main()

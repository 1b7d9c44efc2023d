"""Train a price model on priced cars. Deterministic: the same frame gives the same bytes."""

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from models.price_bands.artifact import PriceBandModel
from models.price_bands.boosting.cross_fitting import FoldPlan, fit_regression
from models.price_bands.boosting.older_ads import History, fit_history, older_ads
from models.price_bands.calibrate import fit_calibration
from models.price_bands.comparables.bands import fit_comparables
from models.price_bands.inputs.columns import CarColumns, Floats
from models.price_bands.inputs.features import CarFeatures, read_features
from models.price_bands.inputs.folds import SEED

FEWEST_SAMPLES = 200
"""With fewer priced cars there is no regression, and bands come from comparables alone."""


def market_day(frame: pl.DataFrame, *, otherwise: date) -> date:
    """Find the newest `listed_on` of the frame; `otherwise` where most are unknown, since such ads are on offer now.

    Where a column `is_live` says which ads are on offer, these alone are asked: a market without days in its ads would
    else be as old as the newest ad that is gone.
    """
    if "is_live" in frame.columns and frame["is_live"].any():
        frame = frame.filter("is_live")
    days = frame["listed_on"] if "listed_on" in frame.columns else pl.Series([], dtype=pl.Date)
    newest = days.max() if 2 * days.null_count() <= len(days) else None
    return newest if isinstance(newest, date) else otherwise


def fit(frame: pl.DataFrame, *, as_of: date, card: dict[str, Any] | None = None, seed: int = SEED) -> PriceBandModel:
    """Fit regression, calibration and comparables to cars with a price.

    Args:
        frame: canonical listing columns with `price_pkr`; rows without a price or that are no car are left out.
            `boosting.older_ads` teach how cars compare, not what they cost.
        as_of: the day on which cars without a date are valued.
        card: the model card to carry.
        seed: of the folds and the trees; other seeds show how much of a result is chance.
    """
    frame, history = split_history(frame, as_of=as_of)
    features, log_price = training_rows(frame, as_of=as_of)
    comparables = fit_comparables(features, log_price)
    if features.height < FEWEST_SAMPLES:
        return PriceBandModel(as_of, comparables, card=card or {})
    regression, held_out = fit_regression(features, log_price, history, FoldPlan.of(features.height, seed))
    calibration = fit_calibration(log_price[held_out.row], held_out.estimates, stated=features.height)
    return PriceBandModel(as_of, comparables, regression, calibration, card or {})


def split_history(frame: pl.DataFrame, *, as_of: date) -> tuple[pl.DataFrame, History | None]:
    """Split off the fresh ads, and fit the model of the older ones (None where they are few)."""
    if "listed_on" not in frame.columns:
        return frame, None
    old = older_ads(frame, as_of=as_of)
    ads = frame.filter(old & frame["price_pkr"].gt(0).fill_null(value=False))
    if not ads.height or old.all():
        return frame, None
    features, log_price = training_rows(ads, as_of=as_of)
    possible = read_features(CarColumns.from_frame(ads), as_of=as_of).can_be_priced
    listed_on = ads["listed_on"].filter(pl.Series(possible))
    return frame.filter(~old), fit_history(features, log_price, listed_on, as_of=as_of)


def fit_comparables_only(frame: pl.DataFrame, *, as_of: date) -> PriceBandModel:
    """Fit a model without a regression, for a market of which too little is known."""
    features, log_price = training_rows(frame, as_of=as_of)
    return PriceBandModel(as_of, fit_comparables(features, log_price))


def training_rows(frame: pl.DataFrame, *, as_of: date) -> tuple[CarFeatures, Floats]:
    """Select the cars that can be learnt from: their features and log prices."""
    features = read_features(CarColumns.from_frame(frame), as_of=as_of)
    price = frame["price_pkr"].cast(pl.Float64).fill_null(0.0).to_numpy()
    rows = np.flatnonzero(features.can_be_priced & (price > 0))
    return features.take(rows), np.log(price[rows])

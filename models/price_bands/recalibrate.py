"""Recalibrate between trainings: level and width of the bands follow the latest ads; the trees stay as they are.

The level is refitted on ads that the model had not seen. Each band level's width is then multiplied by what it takes
for that share of them to lie inside: split-conformal, on the distance from the middle in units of the old band, where
each ad is corrected by a level that had not seen it. Comparables are looked for among all cars on offer now.
"""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from models.price_bands.artifact import PriceBandModel
from models.price_bands.boosting.regressor import Estimates
from models.price_bands.calibrate import LEVELS, Calibration
from models.price_bands.comparables.bands import fit_comparables
from models.price_bands.inputs.columns import Floats
from models.price_bands.inputs.features import CarFeatures
from models.price_bands.inputs.folds import make_folds
from models.price_bands.level.correction import Level, fit_level
from models.price_bands.train import training_rows

STRETCH_WEIGHT = 100.0
"""n ads stretch the bands by n / (n + this) of the factor that they call for: a hundred ads by half of it."""
FEWEST_FRESH = 100
"""With fewer ads that are newer than the model there is nothing to learn its width from."""
MOST_FOR_LEVEL = 400
"""The level is fitted to at most this many ads, the newest."""
_FOLDS = 3
_WIDEST, _NARROWEST = 3.0, 0.5


def recalibrate(
    model: PriceBandModel, fresh: pl.DataFrame, market: pl.DataFrame, *, as_of: date, card: dict[str, Any]
) -> PriceBandModel:
    """Adjust a model to the level and width of `fresh`.

    Args:
        model: has a regression and a calibration.
        fresh: priced cars that the model had not seen, oldest first; canonical columns.
        market: all priced cars that comparables may be taken from.
        as_of: the newest day of `fresh`.
        card: the new model's card.

    Raises:
        ValueError: the model has no regression.
    """
    if model.regression is None or model.calibration is None:
        raise ValueError("only a model with a regression can be recalibrated")
    features, log_price = training_rows(fresh, as_of=as_of)
    known = model.regression.price.encoder.knows("model_key", features)
    cars = model.regression.fill(features.take(known))
    features, log_price = cars.features, log_price[known]
    estimates = model.regression.estimate(cars)
    shift = _unseen_shift(features, estimates.log_price, log_price)
    unseen = replace(estimates, log_price=estimates.log_price + shift)
    level = _level(features, estimates.log_price, log_price)
    return PriceBandModel(
        as_of=as_of,
        comparables=fit_comparables(*training_rows(market, as_of=as_of)),
        regression=model.regression,
        calibration=stretched(model.calibration, stretch_of(model.calibration, unseen, log_price)),
        level=level,
        card=card,
    )


def _level(features: CarFeatures, estimate: Floats, log_price: Floats) -> Level:
    rows = np.arange(max(features.height - MOST_FOR_LEVEL, 0), features.height)
    return fit_level(features.take(rows), estimate[rows], (log_price - estimate)[rows])


def _unseen_shift(features: CarFeatures, estimate: Floats, log_price: Floats) -> Floats:
    """Compute the shift of each car by a level that was fitted to the others."""
    shift = np.zeros(features.height)
    for fold in make_folds(features.height, _FOLDS):
        level = _level(features.take(fold.train), estimate[fold.train], log_price[fold.train])
        shift[fold.held] = level.shift(features.take(fold.held), estimate[fold.held])
    return shift


def stretch_of(calibration: Calibration, estimates: Estimates, log_price: Floats) -> Floats:
    """Compute by what to multiply the width of each of `LEVELS` so that it covers its share of these unseen cars."""
    low, high = (bounds - estimates.log_price[:, None] for bounds in calibration.bounds(estimates))
    off = (log_price - estimates.log_price)[:, None]
    distance = np.maximum(off / np.maximum(high, 1e-9), off / np.minimum(low, -1e-9))
    count = len(log_price)
    shares = np.minimum(1.0, np.array(LEVELS) * (count + 1) / max(count, 1))
    asked = np.array([np.quantile(distance[:, number], share) for number, share in enumerate(shares)])
    own = count / (count + STRETCH_WEIGHT)
    return np.clip(own * asked + (1 - own), _NARROWEST, _WIDEST)


def stretched(calibration: Calibration, stretch: Floats) -> Calibration:
    """Multiply the quantiles of each level; confidence follows the median of the factors."""
    lower, upper = (
        {name: (np.array(values) * stretch).tolist() for name, values in part.items()}
        for part in (calibration.lower, calibration.upper)
    )
    return replace(calibration, lower=lower, upper=upper, table=calibration.table * float(np.median(stretch)))

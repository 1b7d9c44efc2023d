"""`predict_bands` for one car without frames or arrays: a tenth of a millisecond instead of five, the same answer.

Everything that a quote looks up is made a dictionary or a list when a version is loaded. What the regression does not
answer (comparables, no band) and what is rare (texts beyond ASCII) is left to `predict_bands`.
tests/models/price_bands/quick proves the two equal.
"""

import math
import threading

import numpy as np

from core.vocabulary import BandMethod
from models.price_bands.artifact import PriceBandModel
from models.price_bands.boosting.older_ads import History
from models.price_bands.boosting.regressor import (
    FAR_REACH,
    FEWEST_OF_FAMILY,
    LARGEST_SPREAD,
    SMALLEST_SPREAD,
    YEAR_REACH,
    Regression,
)
from models.price_bands.boosting.residual_trees import CODE_INPUTS
from models.price_bands.calibrate import Calibration
from models.price_bands.quick.calibrate import QuickCalibration, Row
from models.price_bands.quick.car import AskedCar, Car, ages_by_year, read
from models.price_bands.quick.encode import Codes, QuickEncoder
from models.price_bands.quick.level import QuickLevel
from models.price_bands.quick.linear import QuickLinear
from models.price_bands.quick.trees import QuickTrees


class QuickModel:
    """A price model for single cars; may be asked by several threads."""

    def __init__(self, model: PriceBandModel, regression: Regression, calibration: Calibration) -> None:
        part = regression.price
        self._ages = ages_by_year(model.as_of)
        self._encoder, self._linear = QuickEncoder(part.encoder), QuickLinear(part.linear)
        self._makes, self._families = part.makes_and_families
        self._history = None if part.history is None else QuickHistory(part.history)
        self._price, self._spread = QuickTrees(part.booster_text), QuickTrees(regression.spread_text)
        self._trees = threading.Lock()
        self._level = None if model.level is None else QuickLevel(model.level)
        self._calibration = QuickCalibration(calibration)

    @classmethod
    def of(cls, model: PriceBandModel) -> "QuickModel | None":
        """The quick form of a model; None where it answers from comparables alone."""
        if model.regression is None or model.calibration is None:
            return None
        return cls(model, model.regression, model.calibration)

    def band(self, asked: AskedCar) -> Row | None:
        """The row that `predict_bands` gives; None where it must be asked itself."""
        car = read(asked, self._ages)
        method = None if car is None else self._method(car)
        if car is None or method is None:
            return None
        codes = self._encoder.encode(car, car.year, car.tokens)
        without, mileage = self._linear.estimate(codes, car.age, car.km, car.kwh or 0.0)
        inputs = self._inputs(car, codes, without)
        total = without + mileage
        with self._trees:
            middle = total + self._price.predict(inputs)
            log_spread = self._spread.predict([*inputs, abs(total - middle), middle])
        spread = min(max(float(np.exp(log_spread)), SMALLEST_SPREAD), LARGEST_SPREAD)
        if self._level is not None:
            middle += self._level.shift(car, middle)
        if math.isnan(middle):
            return None
        peers = self._encoder.models[car.keys["model_key"]][2] if method == BandMethod.MODEL else 0.0
        return self._calibration.row(middle, spread, peers, car.age, method.value)

    def _method(self, car: Car) -> BandMethod | None:
        """How well the car is known, as `PricePart.reach`; None: not by the regression."""
        first, last, count = self._encoder.models.get(car.keys["model_key"], (0.0, 0.0, 0.0))
        if count > 0:
            outside = max(first - car.year, car.year - last, 0.0)
            if outside <= YEAR_REACH:
                return BandMethod.MODEL
            return BandMethod.FAMILY if outside <= FAR_REACH else None
        family = car.keys["family_key"]
        known = family in self._families
        if not known and self._history is not None:
            known = self._history.families.get(family, 0.0) >= FEWEST_OF_FAMILY
        return BandMethod.FAMILY if known and car.keys["make_key"] in self._makes else None

    def _inputs(self, car: Car, codes: Codes, without: float) -> list[float]:
        """The row of `boost.price_inputs`."""
        variant_year = self._encoder.variant_year(codes)
        row = [
            car.km, car.age, codes.cc, car.kwh or 0.0, car.year, variant_year, car.year - variant_year,
            *self._encoder.log_counts(codes), *[codes.by_key[name] for name in CODE_INPUTS], without,
        ]  # fmt: skip
        if self._history is not None:
            same_year, same_age, log_count = self._history.inputs(car)
            row += [same_year, same_age, log_count, same_year - without, same_age - without]
        return row


class QuickHistory:
    """`History` for one car."""

    def __init__(self, history: History) -> None:
        self._encoder, self._linear = QuickEncoder(history.encoder), QuickLinear(history.linear)
        self._years_ago = history.years_ago
        self.families = history.families

    def inputs(self, car: Car) -> tuple[float, float, float]:
        """A row of `History.inputs`."""
        family = car.keys["family_key"]
        words = tuple(dict.fromkeys(car.model_words + car.tokens))
        keys = car.keys | {"model_key": family, "variant_key": f"{family}|{''.join(words)}"}
        then = Car(keys, car.model_words, words, car.year, car.age, math.nan, car.cc, car.kwh)
        kwh = car.kwh or 0.0
        codes = self._encoder.encode(then, car.year, words)
        same_year, _ = self._linear.estimate(codes, max(car.age - self._years_ago, 0.0), math.nan, kwh)
        codes.by_key["year"] = car.year - round(self._years_ago)
        same_age, _ = self._linear.estimate(codes, car.age, math.nan, kwh)
        return same_year, same_age, self._encoder.log_counts(codes)[1]

"""Read how good the bands of the present model were on ads that it had not seen, part by part of the market."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from core.db.tables import PriceModel
from core.prices.models import champion
from models.price_bands.comparables.bands import SENTENCES
from serving.price_bands.errors import NoPriceModelError
from serving.price_bands.identity import REFUSALS

FEWEST_ADS: Final = 30
"""A part of the market with fewer ads is left out."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Errors over the ads that got a band, as shares of the asking price; null where an older version kept none."""

    ads: int
    answered: int  # of these, with a band
    median_ape: float
    mape: float
    coverage: float | None  # share of asking prices inside the band of 80 %
    mean_width: float | None  # of the band of 80 %, as a share of its middle
    within_5: float | None  # share of cars whose middle is within 5 % of the asking price, and so on
    within_10: float | None
    within_20: float | None


@dataclass(frozen=True, slots=True)
class AccuracyReport:
    """The accuracy of the present version, and the reasons for which cars get no band."""

    model_version: str
    trained_at: datetime
    judged_since: date | None  # first day of the ads; null: a random fifth
    market: Accuracy
    segments: dict[str, Accuracy]
    reasons: dict[str, str]  # code and sentence


def accuracy_of_champion(session: Session) -> AccuracyReport:
    """Report the present version's accuracy, as its training or its last recalibration measured it.

    Raises:
        NotFoundError: `no_price_model`: none was trained yet, or the present one was never measured.
    """
    row = champion(session)
    market = None if row is None else _accuracy(row.metrics)
    if row is None or market is None:
        raise NoPriceModelError
    found = {name: _accuracy(values) for name, values in sorted(row.metrics.get("segments", {}).items())}
    segments = {name: each for name, each in found.items() if each is not None and each.answered >= FEWEST_ADS}
    return AccuracyReport(row.version, row.trained_at, _since(row), market, segments, SENTENCES | REFUSALS)


def _since(row: PriceModel) -> date | None:
    day = row.metrics.get("first_test_day")
    return None if day is None else date.fromisoformat(day)


def _accuracy(values: dict[str, Any]) -> Accuracy | None:
    """Read the measures as `Metrics.as_json` wrote them; None where no ad got a band."""
    if "median_ape" not in values:
        return None
    given: dict[str, Any] = {field.name: values.get(field.name) for field in fields(Accuracy)}
    return Accuracy(**given | {"ads": values["rows"]})

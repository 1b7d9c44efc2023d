"""GET /v1/price-bands/accuracy: how good the bands are, part by part of the market."""

from dataclasses import asdict
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.contract.documented import problems
from api.deps import SessionDep
from api.price_bands.endpoints import router
from api.price_bands.problems import NO_PRICE_MODEL
from serving.price_bands.accuracy import FEWEST_ADS, AccuracyReport, accuracy_of_champion

_PART: dict[str, JsonValue] = {
    "ads": 1_412,
    "answered": 1_409,
    "median_ape": 0.056,
    "mape": 0.096,
    "coverage": 0.81,
    "mean_width": 0.306,
    "within_5": 0.45,
    "within_10": 0.71,
    "within_20": 0.9,
}


class AccuracyRead(BaseModel):
    """Errors over the ads of a part of the market, as shares of the asking price."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PART]})

    ads: int = Field(description="Ads that the model had not seen.")
    answered: int = Field(description="Of these, with a band; the measures are over them.")
    median_ape: float = Field(description="Half of the middles are nearer to the asking price than this share of it.")
    mape: float = Field(description="Mean of these distances.")
    coverage: float | None = Field(description="Share of asking prices inside the band of 80 %.")
    mean_width: float | None = Field(description="Width of the band of 80 %, as a share of its middle.")
    within_5: float | None = Field(description="Share of cars whose middle is within 5 % of the asking price.")
    within_10: float | None
    within_20: float | None


class AccuracyReportRead(BaseModel):
    """The accuracy of the version that answers now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "model_version": "20260509-081500-3fa9c1",
                    "trained_at": "2026-05-09T08:15:00Z",
                    "judged_since": "2026-04-28",
                    "market": _PART,
                    "segments": {"make_honda": _PART},
                    "reasons": {"no_model": "No price model has been trained yet."},
                }
            ]
        }
    )

    model_version: str
    trained_at: datetime
    judged_since: date | None = Field(description="First day of the ads; null: a random fifth of all ads.")
    market: AccuracyRead
    segments: dict[str, AccuracyRead] = Field(
        description=f"By name; parts with fewer than {FEWEST_ADS} ads are left out."
    )
    reasons: dict[str, str] = Field(description="Why a car may get no band: each code with its sentence.")

    @classmethod
    def of(cls, report: AccuracyReport) -> "AccuracyReportRead":
        """Make it from the service's report."""
        return cls.model_validate(asdict(report))


@router.get("/price-bands/accuracy", summary="Read how good the price bands are", responses=problems(NO_PRICE_MODEL))
def read_price_band_accuracy(session: SessionDep) -> AccuracyReportRead:
    """Return the errors of the bands on ads that the model had not seen, for the market and its parts.

    They were measured when the version was trained or recalibrated. The reasons say which cars get no band.
    """
    return AccuracyReportRead.of(accuracy_of_champion(session))

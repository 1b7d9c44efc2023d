"""Forecasts of the market index."""

from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

FORECAST: Final[dict[str, Any]] = {
    "months_ahead": 3, "month": "2026-08-01", "level": 112.4, "low": 107.9, "high": 117.1, "method": "no_change",
    "origins": 21, "error": 0.021, "error_no_change": 0.021, "error_drift": 0.024,
}  # fmt: skip


class ForecastRead(BaseModel):
    """The level of a later month, with an interval that held four in five of past forecasts of the segment."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [FORECAST]})

    months_ahead: int = Field(description="From the newest month of the index.")
    month: date = Field(description="Its first day.")
    level: float = Field(gt=0, description="In the unit of the index.")
    low: float = Field(description="The lower end of the 80 % interval.")
    high: float
    method: str = Field(
        description="`no_change`: the newest level; `drift`: the mean move of the last year carried on, given only "
        "where past forecasts by it were clearly better."
    )
    origins: int = Field(description="Past months from which the same was forecast: what errors and interval rest on.")
    error: float = Field(description="Mean absolute error of those forecasts, by the method given: 0.02 is 2 %.")
    error_no_change: float
    error_drift: float

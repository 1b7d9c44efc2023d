"""Parameters of questions about counts of events."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import ONE_LINE, OptionalParam, QueryDay
from core.clock import market_today
from serving.engagement.analytics import AnalyticsQuery, By, DayRange, asked_days
from serving.engagement.benchmarks import DemandCell, month_of


class DaysParams(BaseModel):
    """Days of Asia/Karachi, both included."""

    model_config = ConfigDict(extra="forbid")

    first: OptionalParam[QueryDay] = Field(default=None, alias="from", description="First day; default: 30 days.")
    last: OptionalParam[QueryDay] = Field(default=None, alias="to", description="Last day, included; default: today.")

    def days(self) -> DayRange:
        """Return the range for the service."""
        return asked_days(self.first, self.last, market_today())


class AnalyticsParams(DaysParams):
    """The days of a report, and the dimension of its rows."""

    by: OptionalParam[By] = Field(default=None, description="What a row is; `listing`: the 100 with the most views.")
    format: Literal["json", "csv"] = Field(default="json", description="CSV has one table alone.")
    table: Literal["activity", "funnel"] = Field(
        default="activity", description="Of CSV: the rows and their total, or the steps of the funnel."
    )

    def query(self, code: str) -> AnalyticsQuery:
        """Return it for the service."""
        return AnalyticsQuery(code, self.days(), self.by)

    def file_name(self) -> str:
        """Name the file that a browser saves."""
        return "analytics.csv" if self.table == "activity" else "funnel.csv"


_Line = Annotated[str, Field(min_length=1, max_length=100), ONE_LINE]
Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]


class DemandParams(BaseModel):
    """A cell of the market, and a month."""

    model_config = ConfigDict(extra="forbid")

    make: _Line = Field(description="The make, in any spelling.", examples=["Toyota"])
    model: OptionalParam[_Line] = Field(default=None, description="A model of it; default: all.")
    city: OptionalParam[_Line] = Field(default=None, description="A city, as listings name it; default: all.")
    month: OptionalParam[Month] = Field(default=None, description="As 2026-11; default: this month so far.")

    def cell(self) -> DemandCell:
        """Return the cell for the service."""
        return DemandCell(self.make, self.model, self.city)

    def days(self) -> DayRange:
        """Return the month for the service."""
        return month_of(market_today() if self.month is None else date.fromisoformat(f"{self.month}-01"))

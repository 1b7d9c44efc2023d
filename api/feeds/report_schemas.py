"""The report of a file as JSON."""

from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.feeds.outcome_schemas import REJECT_EXAMPLE, RejectRead
from api.feeds.schemas import FILE_EXAMPLE, FeedFileRead
from api.parameters import EXAMPLE_LISTING_ID
from serving.feeds.outcomes import RejectedRow
from serving.feeds.report.page import FileReport
from serving.feeds.report.words import fix_in

_HELD: dict[str, Any] = {"listing_id": str(EXAMPLE_LISTING_ID), "source_key": "K-3", "title": "Honda Civic Oriel 2018"}
_WARNING: dict[str, Any] = {
    "code": "chassis_repeated",
    "source_keys": ["K-3", "K-9"],
    "cars": 2,
    "sentence": "K-3, K-9 have one chassis number. If they are one car, take one of them off; else correct the number.",
}


class HeldCar(BaseModel):
    """A car that the file lacks and that stays on offer until the dealer decides."""

    listing_id: UUID
    source_key: str
    title: str


class FileWarningRead(BaseModel):
    """Cars of the file to look at, though no row was rejected for it."""

    code: str = Field(
        description="chassis_repeated; chassis_of_many: the number is not used; chassis_unsealed: none was kept."
    )
    source_keys: list[str] = Field(description="Their stock numbers; at most 10.")
    cars: int
    sentence: str = Field(description="What it is and what to do, in the language asked for.")


class FileReportRead(BaseModel):
    """The content of a report: the file, its rows to correct and the cars that wait for a decision."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "file": FILE_EXAMPLE,
                    "rejects": [REJECT_EXAMPLE],
                    "more_rejects": False,
                    "held": [_HELD],
                    "warnings": [_WARNING],
                }
            ]
        }
    )

    file: FeedFileRead
    rejects: list[RejectRead] = Field(description="The first 200 rows to correct; `fix` in the language asked for.")
    more_rejects: bool = Field(description="There are more; `format=csv` has all.")
    held: list[HeldCar] = Field(description="At most 200.")
    warnings: list[FileWarningRead]

    @classmethod
    def of(cls, report: FileReport, dealer: str, language: str) -> Self:
        """Make the view of a report."""
        rows = [RejectedRow(each.reject, fix_in(each.reject.code, language)) for each in report.rejects]
        return cls(
            file=FeedFileRead.of(report.file, dealer),
            rejects=[RejectRead.of(row) for row in rows],
            more_rejects=report.more_rejects,
            warnings=[FileWarningRead(**each.as_json(), sentence=each.sentence(language)) for each in report.warnings],
            held=[HeldCar(**{name: car[name] for name in HeldCar.model_fields}) for car in report.held],
        )

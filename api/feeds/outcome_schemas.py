"""Rejected rows and removed cars of a file, as its sender sees them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import EXAMPLE_LISTING_ID, WHOLE, OptionalParam
from serving.feeds.outcomes import Page, RejectedRow

REJECT_EXAMPLE: dict[str, Any] = {
    "row": 17,
    "byte_offset": 1_824,
    "key": "K-17",
    "severity": "error",
    "code": "price_too_low",
    "column": "Demand",
    "value": "5 rupees",
    "message": "The price is under 10,000 rupees. Give the full price in rupees, or leave the cell empty.",
    "fix": "Give the full price in rupees, or leave the cell empty.",
}
_REMOVAL: dict[str, Any] = {
    "listing_id": str(EXAMPLE_LISTING_ID),
    "source_key": "K-3",
    "title": "Honda Civic Oriel 2018",
    "listing_status": "live",
    "state": "held",
    "at": "2026-03-02T04:31:12Z",
}


class RejectRead(BaseModel):
    """A row that did not become a car."""

    row: int = Field(description="1 is the first after the header.")
    byte_offset: int | None = Field(description="Where the row begins in the unpacked file; null: not known.")
    key: str | None = Field(description="Its stock number, where it could be read.")
    severity: str = Field(description="`error`: a car is missing. `warning`: it is listed. `info`: as it should be.")
    code: str = Field(description="Stable, machine-readable.")
    column: str | None = Field(description="The file's own name of the column.")
    value: str | None = Field(description="The cell, at most 200 characters, contacts masked.")
    message: str
    fix: str = Field(description="What to do about it.")

    @classmethod
    def of(cls, row: RejectedRow) -> Self:
        """Make the sender's view of a row of `feed_rejects`."""
        names = ("byte_offset", "severity", "code", "column", "value", "message")
        same = {name: getattr(row.reject, name) for name in names}
        return cls(row=row.reject.row_number, key=row.reject.source_key, fix=row.fix, **same)


class RejectList(BaseModel):
    """A page of rejected rows."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [REJECT_EXAMPLE], "next_cursor": None}]})

    items: list[RejectRead]
    next_cursor: UUID | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")


class RemovalRead(BaseModel):
    """A car that the file no longer names, or calls sold."""

    listing_id: UUID
    source_key: str = Field(description="Its stock number.")
    title: str
    listing_status: str = Field(description="Its state now.")
    state: Literal["held", "removed", "undone"] = Field(
        description="`held`: it stays until somebody approves. `removed`: taken off. `undone`: brought back."
    )
    at: datetime


class RemovalList(BaseModel):
    """A page of removals."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_REMOVAL], "next_cursor": None}]})

    items: list[RemovalRead]
    next_cursor: UUID | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")


class PageParams(BaseModel):
    """A page of rows."""

    model_config = ConfigDict(extra="forbid")

    cursor: OptionalParam[UUID] = Field(default=None, description="`next_cursor` of the page before.")
    limit: Annotated[int, Field(ge=1, le=1_000), WHOLE] = Field(default=100, description="Rows on a page.")

    def page(self) -> Page:
        """Return it for the service."""
        return Page(self.cursor, self.limit)

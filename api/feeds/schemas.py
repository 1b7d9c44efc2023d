"""A delivered file, as its sender sees it."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.feeds.problems import EXAMPLE_FILE_ID
from api.parameters import WHOLE, OptionalParam
from core.db.tables import FeedFile
from serving.feeds.report.address import report_path
from serving.feeds.service import FileQuery

_TOP_REASONS = 10
FILE_EXAMPLE: dict[str, Any] = {
    "file_id": str(EXAMPLE_FILE_ID),
    "name": "stock.csv",
    "status": "applied",
    "known": False,
    "received_at": "2026-03-02T04:30:00Z",
    "applied_at": "2026-03-02T04:31:12Z",
    "read": 120,
    "created": 3,
    "updated": 7,
    "unchanged": 108,
    "rejected": 2,
    "removed": 1,
    "removals_held": 0,
    "reasons": [{"code": "price_too_low", "rows": 2}],
    "not_understood": [
        {
            "column": "Transmission",
            "field": "transmission",
            "filled": 120,
            "not_understood": 4,
            "kept": False,
            "whole": False,
            "words": [{"word": "Triptonik", "cells": 4}],
        }
    ],
    "prices": {
        "priced": 117,
        "smallest": 390_000,
        "median": 3_450_000,
        "largest": 61_000_000,
        "under_a_tenth": 1,
        "implausible": 2,
    },
    "refusal": None,
    "report": f"/v1/feeds/khan-motors/files/{EXAMPLE_FILE_ID}/report",
}


class RejectReason(BaseModel):
    """Rows of the file that did not become listings for one reason."""

    code: str = Field(description="Stable, machine-readable.")
    rows: int = Field(description="How many rows.")


class UnreadWord(BaseModel):
    """A word of the dealer's that no list of ours knows."""

    word: str = Field(description="As it is in the file, at most 60 characters, contacts masked.")
    cells: int = Field(description="How many cells have it.")


class UnreadColumnRead(BaseModel):
    """A column of which cells were not understood; the cars are listed. Or a sheet of a workbook that was left out."""

    column: str = Field(description="The file's own name of the column or of the sheet.")
    field: str = Field(
        description="What its cells were taken for; `sheet` and `list` (of a zip) were left out, `words` say why."
    )
    filled: int = Field(description="Cells of it that are not empty.")
    not_understood: int = Field(description="Cells that were not understood.")
    kept: bool = Field(description="The words were kept as they are (make, model, place); otherwise left out.")
    whole: bool = Field(description="Not one cell was understood: the mapping or the column is wrong.")
    words: list[UnreadWord] = Field(description="The commonest words, at most 5.")


class PriceSpreadRead(BaseModel):
    """The prices of a file's cars in rupees, those that were held back included."""

    priced: int = Field(description="Cars with a price.")
    smallest: int
    median: int
    largest: int
    under_a_tenth: int = Field(description="Cars that cost less than a tenth of what such cars cost.")
    implausible: int = Field(description="Cars under a sixth of it or over six times it, which nobody confirmed.")


class FeedFileRead(BaseModel):
    """The state of a delivery. While `status` is `registered` nothing is decided and the counts are 0."""

    model_config = ConfigDict(json_schema_extra={"examples": [FILE_EXAMPLE]})

    file_id: UUID = Field(description="Ask for it again under this id.")
    name: str = Field(description="The file's name as it was sent.")
    status: str = Field(description="`registered`: waiting. Decided: `applied`, `duplicate`, `stale`, `refused`.")
    known: bool = Field(description="The dealer's last delivery had the same bytes: this is that delivery.")
    received_at: datetime = Field(description="When it came, UTC.")
    applied_at: datetime | None = Field(description="When its cars were published, UTC.")
    read: int = Field(description="Rows read: created + updated + unchanged + rejected.")
    created: int = Field(description="Cars that are new.")
    updated: int = Field(description="Cars that changed.")
    unchanged: int = Field(description="Cars that are as they were.")
    rejected: int = Field(description="Rows that did not become cars; `reasons` says why.")
    removed: int = Field(description="Cars taken off because the file no longer has them.")
    removals_held: int = Field(
        description="Cars kept although missing: too many are, or rows or sheets that were not read may name them."
    )
    reasons: list[RejectReason] = Field(description="The most frequent reasons, at most 10.")
    not_understood: list[UnreadColumnRead] = Field(description="Columns with cells not understood, the worst first.")
    prices: PriceSpreadRead | None = Field(description="Of the file's cars; null until it is applied, or without any.")
    refusal: str | None = Field(description="Why the whole file was refused.")
    report: str = Field(description="Path of the report, as a page; `format=json` and `format=csv` give it as data.")

    @classmethod
    def of(cls, file: FeedFile, dealer: str, *, known: bool = False) -> Self:
        """Make the sender's view of a row of `feed_files`."""
        counts = ("read", "created", "updated", "unchanged", "rejected", "removed")
        reasons = sorted(file.reasons.items(), key=lambda item: (-item[1], item[0]))[:_TOP_REASONS]
        return cls(
            file_id=file.id,
            known=known,
            reasons=[RejectReason(code=code, rows=rows) for code, rows in reasons],
            **{name: getattr(file, name) for name in ("name", "status", "received_at", "applied_at")},
            **{name: getattr(file, f"rows_{name}") for name in counts},
            removals_held=file.removals_held,
            not_understood=[UnreadColumnRead.model_validate(each) for each in file.not_understood],
            prices=PriceSpreadRead.model_validate(file.prices) if file.prices.get("priced") else None,
            refusal=file.refusal,
            report=report_path(dealer, file.id),
        )


class FeedFileList(BaseModel):
    """A page of deliveries."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [FILE_EXAMPLE], "next_cursor": None}]})

    items: list[FeedFileRead]
    next_cursor: UUID | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")


class FeedFileParams(BaseModel):
    """The filters of a list of deliveries."""

    model_config = ConfigDict(extra="forbid")

    status: OptionalParam[Literal["registered", "applied", "duplicate", "stale", "refused"]] = Field(
        default=None, description="In this state alone."
    )
    cursor: OptionalParam[UUID] = Field(default=None, description="`next_cursor` of the page before.")
    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = Field(default=50, description="Files on a page.")

    def query(self) -> FileQuery:
        """Return it for the service."""
        return FileQuery(**self.model_dump())

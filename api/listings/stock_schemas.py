"""The stock of an owner: the part that is asked for, and the answer."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.listings.write_schemas import MANAGED_EXAMPLE, ManagedListingRead
from api.parameters import WHOLE, OptionalParam
from core.vocabulary import ListingStatus
from serving.listings.management.managed import StockPage, StockQuery


class StockParams(BaseModel):
    """The part of a stock to read."""

    model_config = ConfigDict(extra="forbid")

    status: list[ListingStatus] = Field(default=[], max_length=8, description="Of these states alone.")
    cursor: OptionalParam[UUID] = Field(default=None, description="`next_cursor` of the page before.")
    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = Field(default=50, description="Cars on a page.")

    def query(self) -> StockQuery:
        """Return it for the service."""
        return StockQuery(self.status, self.cursor, self.limit)


class StockRead(BaseModel):
    """Cars of an owner, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [MANAGED_EXAMPLE], "next_cursor": None}]})

    items: list[ManagedListingRead]
    next_cursor: UUID | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")

    @classmethod
    def of(cls, page: StockPage) -> "StockRead":
        """Make it from the service's page."""
        return cls(items=[ManagedListingRead.of(each) for each in page.items], next_cursor=page.next_cursor)

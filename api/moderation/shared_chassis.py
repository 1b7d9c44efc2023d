"""GET /v1/moderation/shared-chassis: cars that several sellers offer under one chassis number."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.deps import PrincipalDep, SessionDep
from api.moderation.router import router
from api.parameters import EXAMPLE_LISTING_ID
from api.rules import request_rules
from core.vocabulary import ListingStatus
from serving.moderation.declarations import MODERATE
from serving.moderation.shared_chassis import shared_chassis

_CAR: dict[str, Any] = {
    "listing_id": str(EXAMPLE_LISTING_ID),
    "org": "khan-motors",
    "source_key": "K-3",
    "title": "Honda Civic Oriel 2018",
    "status": "live",
    "known_since": "2026-05-02T08:15:00Z",
}


class SharedCarRead(BaseModel):
    """A car on offer."""

    listing_id: UUID
    org: str = Field(description="Of private ads the marketplace.")
    source_key: str = Field(description="Its stock number; of private ads the listing's id.")
    title: str
    status: ListingStatus
    known_since: datetime = Field(description="When its chassis number came to be known.")


class SharedChassisRead(BaseModel):
    """Cars that have one chassis number, of several sellers; the number itself is not told."""

    cars: list[SharedCarRead] = Field(description="In the order in which the number came to be known.")


class SharedChassisList(BaseModel):
    """Groups of cars with one chassis number, those found last first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [{"cars": [_CAR, {**_CAR, "org": "dha-cars", "source_key": "77"}]}]}]}
    )

    items: list[SharedChassisRead] = Field(description="At most 100.")


@router.get("/v1/moderation/shared-chassis", summary="Cars that several sellers offer")
@request_rules(access=MODERATE)
def read_shared_chassis(session: SessionDep, principal: PrincipalDep) -> SharedChassisList:
    """List cars on offer that have the chassis number of another seller's car; each private seller counts alone.

    It accuses nobody: cars pass from dealer to dealer, and numbers are mistyped. Neither seller is told.
    """
    groups = [[SharedCarRead(**vars(car)) for car in group] for group in shared_chassis(session, principal)]
    return SharedChassisList(items=[SharedChassisRead(cars=group) for group in groups])

"""POST /v1/listings/{listing_id}/contact."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field

from api.contract.documented import problems
from api.deps import AudienceDep, PrincipalDep, SessionDep, StateDep
from api.listings.problems import LISTING_NOT_FOUND
from api.listings.router import router
from api.parameters import EXAMPLE_LISTING_ID, ONE_LINE, ListingId
from api.rules import PUBLIC, request_rules
from serving.listings.finding.contact import Asking, ContactView, Reveal, reveal_contact


class ContactReveal(BaseModel):
    """The event of seeing a contact, as an app names it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"event_id": str(EXAMPLE_LISTING_ID), "device_id": "a3f0c2d1"}]},
    )

    event_id: UUID = Field(description="A new UUID for each reveal; a repeated one counts once.")
    device_id: Annotated[str, Field(min_length=1, max_length=100), ONE_LINE] = Field(
        description="The app's own id of the device."
    )


class ContactRead(BaseModel):
    """Whom to call about a car."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Khan Motors",
                    "phones": ["042 35711111"],
                    "branch": "DHA showroom",
                    "city": "Lahore",
                    "address": "Main Boulevard 12, DHA",
                    "opening_hours": {"mon": ["09:00-18:00"]},
                }
            ]
        }
    )

    name: str = Field(description="The dealer; of a private ad the marketplace.")
    phones: list[str] = Field(description="Of the branch, or of the private seller; none where none is known.")
    branch: str | None
    city: str | None
    address: str | None
    opening_hours: dict[str, Any] | None

    @classmethod
    def of(cls, view: ContactView) -> "ContactRead":
        """Make it from the service's view."""
        return cls(**vars(view))


async def asked_reveal(listing_id: ListingId, body: ContactReveal) -> Reveal:
    """Read what is to be revealed."""
    return Reveal(listing_id, body.event_id, body.device_id)


@router.post(
    "/v1/listings/{listing_id}/contact", summary="Whom to call about a car", responses=problems(LISTING_NOT_FOUND)
)
@request_rules(access=PUBLIC)
def contact(
    reveal: Annotated[Reveal, Depends(asked_reveal)],
    session: SessionDep,
    state: StateDep,
    audience: AudienceDep,
    principal: PrincipalDep,
) -> ContactRead:
    """Reveal the phone of the branch where the car stands, or of its private seller; limited, and counted once."""
    asking = Asking(audience, principal)
    return ContactRead.of(reveal_contact(session, state.identity.keys, asking, reveal))

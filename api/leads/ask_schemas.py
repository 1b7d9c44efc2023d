"""Bodies and answers of asking about a car."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from api.identity.contacts import ContactText
from api.identity.login_schemas import SecretText
from api.parameters import EXAMPLE_LISTING_ID, JSON_NUMBER, JSON_TIME, ONE_LINE, SOUND_TEXT, VISIBLE
from api.price_bands.schemas import PriceBandQuote
from core.identity.contacts import email
from serving.leads.intake.asking import Question
from serving.leads.intake.new_lead import MadeLead, Trace

EXAMPLE_LEAD_ID = UUID("019a2b3c-6a7b-7c80-8d9e-0f1a2b3c4d5e")
LeadType = Literal["message", "call_back", "test_drive", "offer", "finance", "inspection", "trade_in"]
MessageText = Annotated[str, Field(min_length=1, max_length=4_000), SOUND_TEXT, VISIBLE]
_ASKED: dict[str, JsonValue] = {
    "listing_id": str(EXAMPLE_LISTING_ID),
    "type": "test_drive",
    "message": "Can I see the car on Saturday?",
    "name": "Bilal Ahmed",
    "wished_at": "2026-11-28T11:00:00+05:00",
    "query_id": "q-17",
    "device_id": "a3f0c2d1",
    "session_id": "s-81",
}
_PROVEN: dict[str, JsonValue] = {
    "listing_id": str(EXAMPLE_LISTING_ID),
    "type": "trade_in",
    "contact_proof": "eyJhbGciOiJIUzI1NiJ9…",
    "trade_in": {"make": "Suzuki", "model": "Alto", "model_year": 2019, "mileage_km": 60_000},
}


class LeadCreate(BaseModel):
    """A buyer's question about a car."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_ASKED, _PROVEN]})

    listing_id: UUID = Field(description="The car.")
    type: LeadType = Field(default="message", description="What the buyer wishes.")
    message: MessageText | None = Field(default=None, description="Needed for the type `message`.")
    name: Annotated[str, Field(min_length=1, max_length=100), ONE_LINE] | None = Field(
        default=None, description="How the buyer wants to be called."
    )
    email: ContactText | None = Field(default=None, description="A second way to answer.")
    language: Literal["en", "ur"] = Field(default="en", description="The buyer's language.")
    offer_pkr: Annotated[int, Field(ge=1, le=10**12), JSON_NUMBER] | None = Field(
        default=None, description="Needed for the type `offer`: the price in rupees."
    )
    trade_in: PriceBandQuote | None = Field(
        default=None, description="Needed for the type `trade_in`: the buyer's own car; the desk sees its price band."
    )
    wished_at: Annotated[AwareDatetime, JSON_TIME] | None = Field(
        default=None, description="When to call back, or to drive."
    )
    contact_proof: SecretText | None = Field(
        default=None,
        description="The proof that POST /v1/auth/otp/verify gives for the purpose `contact`; good once. Needed"
        " without a login.",
    )
    device_id: Annotated[str, Field(min_length=1, max_length=100), ONE_LINE] | None = Field(
        default=None, description="The app's own id of the device, as in its events. A digest of it is kept."
    )
    session_id: Annotated[str, Field(min_length=1, max_length=100), ONE_LINE] | None = Field(
        default=None, description="The app's own id of the session, as in its events."
    )
    query_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]{1,100}$")] | None = Field(
        default=None, description="Of the search that led here, as in the app's events."
    )

    def question(self, trade_in: dict[str, Any] | None, trace: Trace) -> Question:
        """Return it for the service.

        Raises:
            BadEmailError: the second address is none.
        """
        details: dict[str, Any] = {"offer_pkr": self.offer_pkr, "trade_in": trade_in, "wished_at": _iso(self.wished_at)}
        return Question(
            self.listing_id,
            self.type,
            self.message,
            self.name,
            None if self.email is None else email(self.email).value,
            self.language,
            {name: value for name, value in details.items() if value is not None},
            trace,
        )


class LeadMade(BaseModel):
    """The lead that the question made, or that it was joined to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"lead_id": str(EXAMPLE_LEAD_ID), "outcome": "created"}]})

    lead_id: UUID
    outcome: Literal["created", "joined"] = Field(
        description="`joined`: you asked about this car within the last 24 hours, and the message was added there."
    )

    @classmethod
    def of(cls, made: MadeLead) -> Self:
        """Make it from the service's answer; whether it was taken for spam is not told."""
        return cls(lead_id=made.lead_id, outcome="created" if made.outcome == "created" else "joined")


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()

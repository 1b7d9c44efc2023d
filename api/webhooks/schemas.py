"""Requests and answers of the webhook operations."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.identity.org_parameters import EXAMPLE_ID
from api.parameters import JSON_NUMBER, JSON_TRUTH, SOUND_TEXT, Name
from core.db.tables.webhooks import WebhookEndpoint
from serving.webhooks.endpoints import EndpointSpec
from serving.webhooks.filters import CarFilter

Phase = Literal["unconfirmed", "active", "paused", "disabled"]
_Url = Annotated[str, Field(min_length=1, max_length=2_000), SOUND_TEXT]
_Name = Annotated[str, Field(min_length=1, max_length=100), SOUND_TEXT]
_Events = Annotated[list[_Name], Field(min_length=1, max_length=100)]
_Branch = Annotated[str, Field(max_length=100), SOUND_TEXT]
_Names = Annotated[list[Name], Field(max_length=50)]
_Year = Annotated[int, Field(ge=1900, le=2200), JSON_NUMBER]
_Amount = Annotated[int, Field(ge=0, le=10**12), JSON_NUMBER]
_Headers = Annotated[dict[str, str], Field(max_length=10)]
_Concurrency = Annotated[int, Field(ge=1, le=50), JSON_NUMBER]
_PerSecond = Annotated[int, Field(ge=0, le=1_000), JSON_NUMBER]
_CREATE: dict[str, JsonValue] = {
    "url": "https://crm.example.com/automart",
    "events": ["listing.price_changed"],
    "branch": None,
    "filter": {"make": ["Toyota"], "city": ["Lahore"], "price_max": 4_000_000},
    "order": "strict",
}
_FILTER: dict[str, JsonValue] = {
    "make": ["Toyota"],
    "model": [],
    "city": ["Lahore"],
    "year_min": None,
    "year_max": None,
    "price_min": None,
    "price_max": 4_000_000,
}
_READ: dict[str, JsonValue] = {
    "id": EXAMPLE_ID,
    "url": "https://crm.example.com/automart",
    "events": ["listing.price_changed"],
    "branch_id": None,
    "filter": _FILTER,
    "order": "strict",
    "concurrency": 4,
    "per_second": None,
    "state": "unconfirmed",
    "state_reason": None,
    "public_key": "whpk_lPHpvh8qY4kqTTf3P6Ytr0GbY0uFnfmTZZqYkQYb8FY=",
    "has_headers": False,
    "failing_since": None,
    "last_success_at": None,
    "created_at": "2026-05-02T08:15:00Z",
    "confirmed_at": None,
}
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwyGPGZ8DPqYk="  # noqa: S105  (an example)


class WebhookFilter(BaseModel):
    """The cars that are told of: one of the names in each field that is given, and within the bounds."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"make": ["Toyota"]}]})

    make: _Names = Field(default=[], description="Any of these makes, in any spelling that the search knows.")
    model: _Names = Field(default=[], description="Any of these models.")
    city: _Names = Field(default=[], description="Any of these cities.")
    year_min: _Year | None = Field(default=None, description="Model year, from.")
    year_max: _Year | None = Field(default=None, description="Model year, to.")
    price_min: _Amount | None = Field(default=None, description="Price in whole rupees, from.")
    price_max: _Amount | None = Field(
        default=None, description="Price in whole rupees, to; of a price that changes, the old or the new one."
    )

    def cars(self) -> CarFilter:
        """Return it for the service."""
        return CarFilter(**self.model_dump())


class WebhookFilterRead(BaseModel):
    """The cars that are told of; an empty field leaves every car."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_FILTER]})

    make: list[str]
    model: list[str]
    city: list[str]
    year_min: int | None
    year_max: int | None
    price_min: int | None
    price_max: int | None


class WebhookCreate(BaseModel):
    """A new webhook."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_CREATE]})

    url: _Url = Field(description="Where messages are posted: https://, port 443 or 8443.")
    events: _Events = Field(description="Names of events; `automart webhooks events` and the docs list them.")
    branch: _Branch | None = Field(default=None, description="Code of the one branch whose events are sent.")
    filter: WebhookFilter | None = Field(default=None, description="The cars that are told of; all, where left out.")
    order: Literal["strict", "loose"] = Field(
        default="strict", description="strict: a later event of a car waits while an earlier one is being sent again."
    )
    concurrency: _Concurrency = Field(default=4, description="Messages that are on their way at the same time.")
    per_second: _PerSecond | None = Field(default=None, description="The most messages in a second; 0: no limit.")
    headers: _Headers | None = Field(default=None, description="Headers of your own that go with each message.")

    def spec(self) -> EndpointSpec:
        """Return it for the service."""
        return _spec(self, self.filter)


class WebhookUpdate(BaseModel):
    """Changes of a webhook; a field that is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"state": "paused"}]})

    url: _Url | None = Field(default=None, description="Another address is unconfirmed, and has a new secret.")
    events: _Events | None = None
    branch: _Branch | None = Field(default=None, description='"" for all branches.')
    filter: WebhookFilter | None = Field(default=None, description="{} for all cars.")
    order: Literal["strict", "loose"] | None = None
    concurrency: _Concurrency | None = None
    per_second: _PerSecond | None = Field(default=None, description="0: no limit.")
    headers: _Headers | None = Field(default=None, description="{} for none.")
    state: Literal["active", "paused"] | None = Field(default=None, description="Enables a disabled one, too.")

    def spec(self) -> EndpointSpec:
        """Return it for the service."""
        return _spec(self, self.filter)


class WebhookRead(BaseModel):
    """A webhook, without its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [_READ]})

    id: UUID
    url: str
    events: list[str]
    branch_id: UUID | None
    filter: WebhookFilterRead | None = Field(description="The cars that are told of; null: all.")
    order: str
    concurrency: int
    per_second: int | None
    state: Phase = Field(description="Nothing but pings is sent unless it is `active`.")
    state_reason: str | None = Field(description="Why it is disabled: `gone` (410) or `failing`.")
    public_key: str = Field(description="Verifies the `v1a` signatures (ed25519).")
    has_headers: bool = Field(description="Whether headers of your own go with each message.")
    failing_since: datetime | None
    last_success_at: datetime | None
    created_at: datetime
    confirmed_at: datetime | None

    @classmethod
    def of(cls, row: WebhookEndpoint) -> Self:
        """Describe a row of `webhook_endpoints`."""
        return cls(**_facts(row))


class WebhookWithSecret(WebhookRead):
    """A webhook with its secret, which is shown nowhere again; null where it did not change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_READ, "secret": _SECRET}]})

    secret: str | None

    @classmethod
    def with_secret(cls, row: WebhookEndpoint, secret: str | None) -> Self:
        """Describe a row of `webhook_endpoints`."""
        return cls(**_facts(row), secret=secret)


class WebhookList(BaseModel):
    """The webhooks of an organisation."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"webhooks": [_READ]}]})

    webhooks: list[WebhookRead]


class RotateCreate(BaseModel):
    """The end of the old secret's life."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"end_old_now": False}]})

    end_old_now: Annotated[bool, JSON_TRUTH] = Field(
        default=False, description="Otherwise it signs beside the new one for 24 hours."
    )


def _spec(body: WebhookCreate | WebhookUpdate, cars: WebhookFilter | None) -> EndpointSpec:
    return EndpointSpec(**body.model_dump(exclude={"state", "filter"}), cars=None if cars is None else cars.cars())


def _filter(row: WebhookEndpoint) -> WebhookFilterRead | None:
    return WebhookFilterRead.model_validate(CarFilter.read(row.car_filter)) if row.car_filter else None


def _facts(row: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": row.id,
        "url": row.url,
        "events": row.events,
        "branch_id": row.branch_id,
        "filter": _filter(row),
        "order": row.ordering,
        "concurrency": row.concurrency,
        "per_second": row.per_second,
        "state": row.phase,
        "state_reason": row.phase_reason,
        "public_key": row.public_key,
        "has_headers": row.headers is not None,
        "failing_since": row.failing_since,
        "last_success_at": row.last_success_at,
        "created_at": row.created_at,
        "confirmed_at": row.confirmed_at,
    }

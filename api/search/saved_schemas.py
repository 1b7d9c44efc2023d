"""Saved searches as they are sent and answered."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qs, urlencode
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.listings.search import ListingSearch
from api.parameters import JSON_TRUTH, ONE_LINE, SOUND_TEXT
from core.access.audience import Audience
from core.db.tables.saved_searches import SavedSearch
from core.errors import InvalidInputError
from serving.search.saved.errors import BadSavedSearchError
from serving.search.saved.keeping import Alerts, AskedSearch, Change, NewSearch

EXAMPLE_SEARCH_ID = "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5d"
_SEARCH = "q=civic&city=Lahore&price_max=2500000"
_MOST_PARAMETERS = 200
_NOT_SAVED = frozenset({"sort", "facets", "mode", "highlight", "limit", "cursor"})
Frequency = Literal["instant", "daily", "off"]
_Truth = Annotated[bool, JSON_TRUTH]
_Name = Annotated[str, Field(min_length=1, max_length=80, description="The owner's name for it."), ONE_LINE]
_Query = Annotated[
    str,
    Field(
        min_length=1,
        max_length=4_000,
        description="The query of GET /v1/listings, as it stands in an address. Order, page, facets and mode are not"
        " kept; words are understood once, when the search is saved.",
    ),
    SOUND_TEXT,
]
_ALERTS: dict[str, Any] = {"frequency": "instant", "new_match": True, "price_drop": True}
_SAVED: dict[str, Any] = {
    "search_id": EXAMPLE_SEARCH_ID,
    "name": "Civic",
    "search": _SEARCH,
    "channel": "automart",
    "filters": {"model": ["Civic"], "city": ["Lahore"], "price_max": 2_500_000},
    "words": "",
    "alerts": _ALERTS,
    "created_at": "2026-03-02T04:30:00Z",
    "told_at": None,
}


class AlertsRead(BaseModel):
    """The alerts of a search: at most one an hour (`instant`), one a day, or none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_ALERTS]})

    frequency: Frequency = "instant"
    new_match: _Truth = Field(default=True, description="Of cars that come on offer.")
    price_drop: _Truth = Field(default=True, description="Of cars that get cheaper.")


class SavedSearchCreate(BaseModel):
    """A search to save."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Civic", "search": _SEARCH, "alerts": _ALERTS}]}
    )

    name: _Name
    search: _Query
    alerts: AlertsRead = AlertsRead()

    def given(self, audience: Audience) -> NewSearch:
        """Return it as the services take it."""
        return NewSearch(self.name, asked_search(self.search), Alerts(**self.alerts.model_dump()), audience)


class AlertsUpdate(BaseModel):
    """The changes of the alerts; the rest stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"frequency": "daily"}]})

    frequency: Frequency | None = None
    new_match: _Truth | None = None
    price_drop: _Truth | None = None


class SavedSearchUpdate(BaseModel):
    """The changes of a saved search; fields that are left out stay."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"alerts": {"frequency": "daily"}}]})

    name: _Name | None = None
    search: _Query | None = None
    alerts: AlertsUpdate = AlertsUpdate()

    def change(self, search_id: UUID) -> Change:
        """Return it as the services take it."""
        asked = None if self.search is None else asked_search(self.search)
        return Change(search_id, self.name, asked, self.alerts.model_dump(exclude_none=True))


class SavedSearchRead(BaseModel):
    """A saved search of the caller."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SAVED]})

    search_id: UUID
    name: str
    search: str = Field(description="The query of GET /v1/listings that shows the cars.")
    channel: Literal["automart", "autotrader"]
    filters: dict[str, list[str] | list[int] | int | float | bool] = Field(
        description="What the search was understood as: the cars that it tells of meet all of these, and the words."
    )
    words: str = Field(description="The words that are looked for as words.")
    alerts: AlertsRead
    created_at: datetime
    told_at: datetime | None = Field(description="When the owner was told of cars last.")

    @classmethod
    def of(cls, row: SavedSearch) -> Self:
        """Describe a row."""
        alerts = AlertsRead.model_validate({name: getattr(row, name) for name in _ALERTS})
        names = ("name", "search", "channel", "words", "created_at", "told_at")
        given = {name: getattr(row, name) for name in names}
        return cls.model_validate(given | {"search_id": row.id, "filters": row.understood, "alerts": alerts})


class SavedSearchList(BaseModel):
    """The caller's saved searches, the newest first; a person has at most 50."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SAVED]}]})

    items: list[SavedSearchRead]


def asked_search(written: str) -> AskedSearch:
    """Read a query of GET /v1/listings.

    Raises:
        BadSavedSearchError: it is none; the message names the parameter.
    """
    try:
        given = parse_qs(written.removeprefix("?"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
        kept = {name: values for name, values in given.items() if name not in _NOT_SAVED | {"channel", "org"}}
        params = ListingSearch.model_validate({name: _one(name, values) for name, values in kept.items()})
        query = params.query()
    except ValidationError as error:
        first = error.errors()[0]
        raise BadSavedSearchError(f"`{first['loc'][0]}`: {first['msg']}.") from error
    except (ValueError, InvalidInputError) as error:
        raise BadSavedSearchError(str(error)) from error
    pairs = [(name, value) for name, values in kept.items() for value in values]
    return AskedSearch(urlencode(pairs), query, params.literal_fields())


def _one(name: str, values: list[str]) -> list[str] | str:
    """Return the values of a parameter as its model takes them.

    Raises:
        ValueError: there is no such parameter, or it was given twice.
    """
    field = ListingSearch.model_fields.get(name)
    if field is None:
        raise ValueError(f"there is no parameter `{name}`.")
    if isinstance(field.default, list):
        return values
    if len(values) > 1:
        raise ValueError(f"`{name}` was given {len(values)} times.")
    return values[0]

"""Schemas of the events that apps send, each declared in the folder of the domain that it is about.

A domain declares them as values in `pipelines/<domain>/shopper_events.py`. Schemas only grow: a field that comes later
says in which version, and cannot be needed, so an event of an old app fits every newer version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from core.gathering import gather
from core.vocabulary import Channel

MODULE = "shopper_events"
MOST_EVENTS: Final = 500
"""Events in a batch."""
Kind = Literal["uuid", "word", "text", "count", "amount", "flag", "channel"]
WORD_PATTERN: Final = r"^[A-Za-z0-9 ._:/+@()-]{1,100}$"
LONGEST_TEXT: Final = 300
LARGEST: Final[Mapping[str, int]] = {"count": 2**31 - 1, "amount": 2**53 - 1}
_JSON_KINDS: Final[Mapping[str, dict[str, Any]]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "word": {"type": "string", "pattern": WORD_PATTERN},
    "text": {"type": "string", "maxLength": LONGEST_TEXT},
    "count": {"type": "integer", "minimum": 0, "maximum": LARGEST["count"]},
    "amount": {"type": "integer", "minimum": 0, "maximum": LARGEST["amount"]},
    "flag": {"type": "boolean"},
    "channel": {"type": "string", "enum": [str(each) for each in Channel]},
}


@dataclass(frozen=True)
class EventField:
    """A field of an event: `since` is the version of the schema that it came with."""

    name: str
    kind: Kind
    holds: str
    needed: bool = False
    since: int = 1

    def __post_init__(self) -> None:
        if self.needed and self.since > 1:
            raise ValueError(f"The field {self.name} came later, so it cannot be needed: older apps do not send it.")


COMMON: Final = (
    EventField("listing_id", "uuid", "The car."),
    EventField("query_id", "word", "The id that the app gave to the search that led here."),
    EventField("position", "count", "The place in the list of results; the first is 1."),
    EventField("channel", "channel", "The product, where it is not the batch's."),
    EventField("app_version", "word", "The version of the app, where it is not the batch's."),
    EventField("prerender", "flag", "The page was drawn before anybody saw it."),
)
"""Fields of every type."""


@dataclass(frozen=True)
class EventSchema:
    """A type of event. `about_listing`: it needs the id of a car."""

    type: str
    holds: str
    fields: tuple[EventField, ...] = ()
    about_listing: bool = True

    @property
    def version(self) -> int:
        """The newest version."""
        return max((each.since for each in self.fields), default=1)

    @cached_property
    def all_fields(self) -> dict[str, EventField]:
        """The fields of the type and those of every type, by name."""
        return {each.name: each for each in (*COMMON, *self.fields)}

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """The names of the fields that an event must have, besides id, type and time."""
        own = tuple(each.name for each in self.fields if each.needed)
        return ("listing_id", *own) if self.about_listing else own

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of the newest version."""
        named = {
            "id": _JSON_KINDS["uuid"],
            "type": {"const": self.type},
            "at": {"type": "string", "format": "date-time"},
        }
        own = {
            each.name: {**_JSON_KINDS[each.kind], "description": each.holds, "x-since": each.since}
            for each in self.all_fields.values()
        }
        return {
            "title": self.type,
            "description": self.holds,
            "x-version": self.version,
            "type": "object",
            "required": ["id", "type", "at", *self.needed],
            "properties": named | own,
        }


def gather_event_schemas(package: str = "pipelines") -> dict[str, EventSchema]:
    """Gather the schemas that the domains declare, by type.

    Raises:
        ValueError: two schemas are of one type, or a schema names a field of every type anew.
    """
    found: dict[str, EventSchema] = {}
    common = {each.name for each in COMMON}
    for schema in gather(package, MODULE, EventSchema):
        names = [each.name for each in schema.fields]
        if schema.type in found or common & set(names) or len(set(names)) < len(names):
            raise ValueError(f"The event type {schema.type} is declared twice, or one of its fields is.")
        found[schema.type] = schema
    return dict(sorted(found.items()))


def published_schemas(schemas: Mapping[str, EventSchema]) -> dict[str, Any]:
    """Return one JSON schema for all types, as apps are given it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Event",
        "description": "An event of POST /v1/events. Fields that are not named here are ignored.",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in schemas],
        "$defs": {name: schema.json_schema() for name, schema in schemas.items()},
    }

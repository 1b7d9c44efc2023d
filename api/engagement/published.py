"""GET /v1/event-schemas."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.deps import StateDep
from api.engagement.router import router
from api.rules import PUBLIC, request_rules
from serving.engagement.capture import published_schemas


class EventSchemasRead(BaseModel):
    """The JSON schema of events."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Event", "types": {"listing_view": {"x-version": 1}}}]}
    )

    title: str = Field(description="The name of the whole.")
    types: dict[str, Any] = Field(description="By type, the JSON schema of its newest version (`x-version`).")


@router.get("/v1/event-schemas", summary="The schemas of events")
@request_rules(access=PUBLIC)
async def event_schemas(state: StateDep) -> EventSchemasRead:
    """Return the types of events that apps send, with their fields. Schemas only grow: old events always fit."""
    published = published_schemas(state.captured.reader.schemas)
    return EventSchemasRead(title=published["title"], types=published["$defs"])

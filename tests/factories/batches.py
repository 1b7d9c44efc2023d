"""Batches of events as apps send them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from core.engagement.digests import Digests
from core.engagement.schemas import gather_event_schemas
from pipelines.engagement.capture.reading import BatchReader

READER = BatchReader(Digests(b"0" * 32), gather_event_schemas())
NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def sent_event(listing_id: UUID | str | None = None, at: datetime = NOW, **fields: Any) -> dict[str, Any]:
    """A view of a listing, with other fields as given; None leaves a field out."""
    named = {"id": str(uuid4()), "type": "listing_view", "at": stamp(at), "listing_id": listing_id and str(listing_id)}
    return {name: value for name, value in (named | fields).items() if value is not None}


def sent_batch(*events: Any, at: datetime = NOW, **fields: Any) -> dict[str, Any]:
    """A batch of one device that is sent at a time by its clock."""
    named = {"sent_at": stamp(at + timedelta(seconds=5)), "device_id": "phone-1", "session_id": "s1", "app": "web"}
    return {**named, "events": list(events), **fields}

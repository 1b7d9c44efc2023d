"""Describe the events that partners can subscribe to, for people and for the contract."""

from datetime import UTC, datetime
from typing import Any, Final

from pipelines.webhooks.catalogue import event_types, example_of, schema_of

_EXAMPLE_TIME: Final = datetime(2026, 5, 2, 8, 15, tzinfo=UTC)


def describe_events() -> list[dict[str, Any]]:
    """Return each event by name: what it tells of, the JSON schema of its body, and an example."""
    return [
        {"name": name, "says": kind.says, "schema": schema_of(kind), "example": example_of(kind, _EXAMPLE_TIME)}
        for name, kind in sorted(event_types().items())
    ]

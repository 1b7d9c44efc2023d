"""Define the events of feeds that dealers can subscribe to by webhooks."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from core.declarations import WebhookEvent
from core.outbox.events import Event
from pipelines.feeds.consumers import TOPIC

_NEEDS: Final = "feeds.upload"
_FILE: Final = UUID("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5e")
_COUNTS: Final = ("read", "created", "updated", "unchanged", "rejected", "removed")


@dataclass(frozen=True)
class FeedApplied:
    """A file of stock and its rows: created + updated + unchanged + rejected = read.

    `removals_held` are cars that the file lacks and that stay on offer, because too many are missing at once.
    """

    file_id: UUID
    mapping: str
    read: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    removed: int
    removals_held: int


@dataclass(frozen=True)
class FeedRefused:
    """A file of stock that changed nothing: it is `refused` or `stale` (newer files decide all its cars), and why."""

    file_id: UUID
    mapping: str
    status: str
    reason: str


def _applied(event: Event) -> FeedApplied | None:
    if event.kind != "applied":
        return None
    said: dict[str, Any] = event.payload
    counts: dict[str, int] = {name: said["rows"][name] for name in _COUNTS}
    return FeedApplied(event.subject_id, said["mapping"], removals_held=said["removals_held"], **counts)


def _refused(event: Event) -> FeedRefused | None:
    if event.kind not in ("refused", "stale"):
        return None
    return FeedRefused(event.subject_id, event.payload["mapping"], event.kind, event.payload["refusal"] or "")


FEED_WEBHOOKS: Final = (
    WebhookEvent(
        "feed.applied",
        TOPIC,
        "a file of stock was read and its cars were changed",
        FeedApplied,
        _applied,
        FeedApplied(_FILE, "showroom", 120, 4, 9, 106, 1, 2, 0),
        _NEEDS,
    ),
    WebhookEvent(
        "feed.refused",
        TOPIC,
        "a file of stock changed nothing: it cannot be read, or came too late",
        FeedRefused,
        _refused,
        FeedRefused(_FILE, "showroom", "refused", "The file has no column for the price."),
        _NEEDS,
    ),
)

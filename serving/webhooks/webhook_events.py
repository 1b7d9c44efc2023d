"""The events of webhooks themselves, told to the organisation's other ones."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from core.declarations import WebhookEvent
from core.outbox.events import Event
from pipelines.webhooks.standing import TOPIC

_ID: Final = UUID("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5f")


@dataclass(frozen=True)
class WebhookFailing:
    """A webhook that has acknowledged nothing for days, and when it will be disabled if that goes on."""

    webhook_id: UUID
    failing_since: datetime
    disabled_at: datetime


@dataclass(frozen=True)
class WebhookDisabled:
    """A webhook that is sent nothing more, and why: `failing`, or `gone` (it answered 410)."""

    webhook_id: UUID
    reason: str


def _failing(event: Event) -> WebhookFailing | None:
    if event.kind != "failing":
        return None
    times = (datetime.fromisoformat(event.payload[name]) for name in ("failing_since", "disabled_at"))
    return WebhookFailing(event.subject_id, *times)


def _disabled(event: Event) -> WebhookDisabled | None:
    return WebhookDisabled(event.subject_id, event.payload["reason"]) if event.kind == "disabled" else None


WEBHOOK_WEBHOOKS: Final = (
    WebhookEvent(
        "webhook.failing",
        TOPIC,
        "another webhook of the organisation has acknowledged nothing for three days",
        WebhookFailing,
        _failing,
        WebhookFailing(_ID, datetime(2026, 5, 1, 8, tzinfo=UTC), datetime(2026, 5, 6, 8, tzinfo=UTC)),
    ),
    WebhookEvent(
        "webhook.disabled",
        TOPIC,
        "another webhook of the organisation is disabled by the platform",
        WebhookDisabled,
        _disabled,
        WebhookDisabled(_ID, "failing"),
    ),
)

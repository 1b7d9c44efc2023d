"""Assemble the declarations of the webhooks domain."""

from datetime import timedelta
from typing import Final

from core.access.permissions import Permission
from core.access.roles import Role
from core.declarations import Declarations, EventType, PersonalColumn, RateLimit, Retention
from pipelines.webhooks.sealed_columns import HEADERS, OLD_SECRET, SECRET, SIGNING_KEY
from serving.webhooks.personal_data import ERASERS
from serving.webhooks.webhook_events import WEBHOOK_WEBHOOKS

_ADMINS: Final = frozenset({Role.ORG_ADMIN, Role.PLATFORM_ADMIN})
MANAGE_WEBHOOKS: Final = Permission(
    "webhooks.manage",
    "add and change webhooks of the organisation, and read what was sent to them",
    _ADMINS,
    whole_org=True,
)
_ORG: Final = "org"
DECLARATIONS = Declarations(
    permissions=(MANAGE_WEBHOOKS,),
    events=(
        EventType("webhook", "failing", ("failing_since", "disabled_at")),
        EventType("webhook", "disabled", ("reason",)),
    ),
    webhook_events=WEBHOOK_WEBHOOKS,
    rate_limits=(
        RateLimit("POST /v1/webhooks", calls=60, seconds=3_600, per=("user",)),
        RateLimit("POST /v1/webhooks/{webhook_id}/ping", calls=60, seconds=3_600, per=("user",)),
        RateLimit("POST /v1/webhooks/{webhook_id}/test", calls=60, seconds=3_600, per=("user",)),
        RateLimit("POST /v1/webhooks/{webhook_id}/rotate", calls=20, seconds=3_600, per=("user",)),
        RateLimit("POST /v1/webhooks/{webhook_id}/replay", calls=60, seconds=3_600, per=("user",)),
    ),
    personal_columns=(
        PersonalColumn("webhook_endpoints", "secret", "the secret that signs", "sealed", _ORG, SECRET),
        PersonalColumn("webhook_endpoints", "old_secret", "the secret before it", "sealed", _ORG, OLD_SECRET),
        PersonalColumn("webhook_endpoints", "signing_key", "the ed25519 key that signs", "sealed", _ORG, SIGNING_KEY),
        PersonalColumn("webhook_endpoints", "headers", "the partner's own headers", "sealed", _ORG, HEADERS),
        PersonalColumn("webhook_attempts", "body", "the partner's answer, contacts masked", "masked", "outside"),
    ),
    erasers=ERASERS,
    retention=(
        Retention("webhook_messages", "messages of webhooks and their deliveries", "created_at", timedelta(days=30)),
    ),
    harmless_columns={
        "webhook_endpoints": ("url", "events", "car_filter", "ordering", "public_key", "phase", "phase_reason"),
        "webhook_messages": ("type", "payload"),
        "webhook_deliveries": ("outcome", "outcome_reason"),
        "webhook_attempts": ("code",),
    },
)

"""Assemble the declarations of the notifications domain."""

from datetime import timedelta

from core.declarations import Declarations, PersonalColumn, RateLimit, Retention
from pipelines.notifications.devices import TOKEN
from pipelines.notifications.queue import RECIPIENT, VALUES
from serving.notifications.personal_data import ERASERS, EXPORTERS

DECLARATIONS = Declarations(
    personal_columns=(
        PersonalColumn("messages", "sealed_recipient", "contact, until it is sent", "sealed", sealing=RECIPIENT),
        PersonalColumn("messages", "sealed_values", "code or invitation, until it is sent", "sealed", sealing=VALUES),
        PersonalColumn("messages", "blind_index", "digest of the contact, until it is sent", "digest"),
        PersonalColumn(
            "push_devices", "sealed_token", "token of an app, by which it is sent messages", "sealed", sealing=TOKEN
        ),
        PersonalColumn("push_devices", "token_index", "digest of that token", "digest"),
    ),
    retention=(
        Retention(
            "messages",
            "messages that were sent, expired, dropped or given up",
            "created_at",
            timedelta(days=30),
            where="state <> 'queued'",
        ),
    ),
    erasers=ERASERS,
    exporters=EXPORTERS,
    rate_limits=(RateLimit("POST /v1/me/notifications/devices", calls=60, seconds=3_600, per=("user",)),),
    harmless_columns={
        "messages": ("template", "language", "channel", "state", "last_error", "topic", "facts"),
        "notification_preferences": ("channels", "timezone"),
        "push_devices": ("platform",),
    },
)

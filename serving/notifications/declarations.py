"""What the notifications domain declares."""

from datetime import timedelta

from core.declarations import Declarations, PersonalColumn, Retention
from pipelines.notifications.queue import RECIPIENT, VALUES
from serving.notifications.personal_data import ERASERS, EXPORTERS

DECLARATIONS = Declarations(
    personal_columns=(
        PersonalColumn("messages", "sealed_recipient", "contact, until it is sent", "sealed", sealing=RECIPIENT),
        PersonalColumn("messages", "sealed_values", "code or invitation, until it is sent", "sealed", sealing=VALUES),
        PersonalColumn("messages", "blind_index", "digest of the contact, until it is sent", "digest"),
    ),
    retention=(
        Retention(
            "messages",
            "messages that were sent, expired or given up",
            "created_at",
            timedelta(days=30),
            where="state <> 'queued'",
        ),
    ),
    erasers=ERASERS,
    exporters=EXPORTERS,
    harmless_columns={"messages": ("template", "language", "kind", "state", "last_error")},
)

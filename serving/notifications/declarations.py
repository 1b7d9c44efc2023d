"""What the notifications domain declares."""

from datetime import timedelta

from core.declarations import Declarations, PersonalColumn, Retention

DECLARATIONS = Declarations(
    personal_columns=(
        PersonalColumn("messages", "sealed_recipient", "phone number or e-mail address", "sealed"),
        PersonalColumn("messages", "sealed_values", "one-time code or invitation, until it is sent", "sealed"),
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
)

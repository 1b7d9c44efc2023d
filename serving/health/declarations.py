"""Assemble the declarations of the health domain, for the tables of the outbox and of the background loops."""

from core.declarations import Declarations

DECLARATIONS = Declarations(
    harmless_columns={
        "outbox_changes": ("topic", "kind", "audience", "payload"),
        "outbox_events": ("topic", "kind", "audience", "payload"),
        "outbox_offsets": ("consumer",),
        "outbox_subjects": ("topic",),
        "work_claims": ("loop", "owner", "last_error", "last_code"),
    },
)

"""Who may reach the outbox: pipelines alone. Triggers of tables write to it as the owner of the tables."""

from core.access.policies import DefinerFunction, TableAccess, closed, everybody

EVENTS = closed("outbox_events")  # how many wait is told by the function `outbox_unseen`, which names none
SUBJECTS = closed("outbox_subjects")
OFFSETS = TableAccess(
    "outbox_offsets",
    (everybody("positions of consumers, which name no subject: /readyz tells how far the index is behind"),),
    api="SELECT",
)
UNSEEN = DefinerFunction(
    "outbox_unseen(pg_snapshot, text[])",
    "/readyz tells how many changes wait, and not which",
    for_api=True,
)
_TELLS = "whoever may change a listing tells of it, and may not write to the outbox otherwise"
TELL_CREATED = DefinerFunction("listings_tell_created()", _TELLS)
TELL_UPDATED = DefinerFunction("listings_tell_updated()", _TELLS)
TELL_DELETED = DefinerFunction("listings_tell_deleted()", _TELLS)
TELL_TRUNCATED = DefinerFunction("listings_tell_truncated()", _TELLS)

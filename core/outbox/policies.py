"""Declare the access to the outbox: pipelines read and write it, API callers add events of their own organisation.

Events of listings are written by triggers of the table, with the rights of its owner.
"""

from core.access.policies import (
    ORGS_SQL,
    PERSON_SQL,
    STAFF_SQL,
    DefinerFunction,
    Policy,
    TableAccess,
    closed,
    everybody,
    step_sql,
)
from core.access.tenant import Step

_NO_LISTING = "topic <> 'listing'"
_OWN_AD = (
    "EXISTS (SELECT FROM listings owner WHERE owner.id = (outbox_events.payload ->> 'listing_id')::uuid"
    f" AND owner.org_id = outbox_events.org_id AND owner.seller_id = {PERSON_SQL})"
)
"""Condition on an event whose payload names a listing: the listing is a private ad of the caller."""
EVENTS = TableAccess(  # how many wait is told by the function `outbox_unseen`, which names none
    "outbox_events",
    (
        Policy("own_org", f"{_NO_LISTING} AND org_id = ANY {ORGS_SQL}", "INSERT"),
        Policy(
            "own_listings", f"{_NO_LISTING} AND {_OWN_AD}", "INSERT", "private sellers change their own ads' things"
        ),
        Policy("staff", f"{_NO_LISTING} AND {STAFF_SQL}", "INSERT", "staff change things of every organisation"),
        Policy(
            "deposit_step",
            f"{_NO_LISTING} AND {step_sql(Step.DEPOSIT)}",
            "INSERT",
            "buyers change deposits on cars of other organisations",
        ),
        Policy("lead_step", f"topic = 'lead' AND {step_sql(Step.LEAD)}", "INSERT", "buyers make leads for others"),
    ),
    api="INSERT",
)
SUBJECTS = closed("outbox_subjects")
NUMBERS = DefinerFunction(
    "outbox_numbers(text, uuid[])",
    "whoever tells of a change needs its number, and neither sees nor sets those of others",
    for_api=True,
)
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
_REASON = "a change of a listing writes its event, whoever makes it; nobody else may write events of listings"
TELL_CREATED = DefinerFunction("listings_tell_created()", _REASON)
TELL_UPDATED = DefinerFunction("listings_tell_updated()", _REASON)
TELL_DELETED = DefinerFunction("listings_tell_deleted()", _REASON)
TELL_TRUNCATED = DefinerFunction("listings_tell_truncated()", _REASON)

"""Declare who may see the answers that were given to requests with a key: whoever sent them."""

from core.access.policies import ACTING_SQL, ORGS_SQL, STAFF_SQL, Policy, TableAccess

OWN_REQUESTS = Policy(
    "own_requests",
    f"person_id IS NOT DISTINCT FROM {ACTING_SQL} AND (org_id IS NULL OR org_id = ANY {ORGS_SQL} OR {STAFF_SQL})",
    reason="requests without a person and an organisation are told apart by their key alone",
)
ANSWERS = TableAccess("idempotent_answers", (OWN_REQUESTS,), api="SELECT, INSERT")

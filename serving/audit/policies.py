"""Who may reach audit records: people read those of their organisations and of their own acts; none are changed."""

from core.access.policies import (
    ORGS_SQL,
    PERSON_SQL,
    DefinerFunction,
    Policy,
    TableAccess,
    closed,
    of_visible,
    own_org,
    own_person,
    staff,
)

SYSTEM_ACTS = Policy(
    "system_acts", f"user_id IS NULL AND org_id = ANY {ORGS_SQL}", "INSERT", "acts of service accounts"
)
PERSONS_ACTS = Policy(
    "persons_acts", f"user_id = {PERSON_SQL}", "INSERT", "acts on another's things, by staff or on joining"
)

RECORDS = TableAccess(
    "audit_records",
    (own_org(command="SELECT"), own_person(command="SELECT"), staff("SELECT"), SYSTEM_ACTS, PERSONS_ACTS),
    api="SELECT, INSERT",
    pipelines="SELECT, INSERT",
)
QUEUE = TableAccess(
    "audit_queue", (of_visible("audit_records", "audit_queue.record_id", command="INSERT"),), api="INSERT"
)
CHAIN = closed("audit_chain", pipelines="SELECT, INSERT")
ANCHORS = closed("audit_anchors", pipelines="SELECT, INSERT")
_LAWFUL = "records are dropped by whole anchored days and in no other way: the pipelines have no right to delete"
DROP_RECORDS = DefinerFunction("audit_drop_through(bigint)", _LAWFUL, for_pipelines=True)
DROP_ANCHORS = DefinerFunction("audit_drop_anchors(text[], bigint[])", _LAWFUL, for_pipelines=True)

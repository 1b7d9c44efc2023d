"""Declare who may read audit records: people those of their organisations and of their own acts. None can be changed.

A record can be added of an own act alone; while somebody logs in, of the person that has proven to be one or of nobody;
and of refusals, which are recorded for all callers together when the refused transactions are long gone.
"""

from core.access.policies import (
    ORGS_SQL,
    PERSON_SQL,
    DefinerFunction,
    Policy,
    TableAccess,
    closed,
    exported,
    own_org,
    own_person,
    staff,
    step_sql,
)
from core.access.tenant import Step

SYSTEM_ACTS = Policy(
    "system_acts",
    f"actor_kind = 'system' AND actor_org_id = ANY {ORGS_SQL} AND (org_id IS NULL OR org_id = actor_org_id)",
    "INSERT",
    "acts of service accounts, which belong to one organisation",
)
PERSONS_ACTS = Policy(
    "persons_acts", f"user_id = {PERSON_SQL}", "INSERT", "acts on another's things, by staff or on joining"
)
LOGINS = Policy(
    "login_step",
    f"{step_sql(Step.LOGIN)} AND actor_kind <> 'system' AND org_id IS NULL"
    " AND action IN ('sessions.start', 'sessions.end', 'contacts.prove')",
    "INSERT",
    "nobody is known yet: the person is the one that has just proven to be it",
)
REFUSALS = Policy(
    "refusal_step",
    f"{step_sql(Step.REFUSAL)} AND action = 'access.refuse' AND org_id IS NULL",
    "INSERT",
    "refusals of all callers are counted and recorded together",
)
LEADS = Policy(
    "lead_step",
    f"{step_sql(Step.LEAD)} AND actor_kind <> 'system' AND action IN ('leads.create', 'leads.join')",
    "INSERT",
    "buyers without an account ask about cars",
)

RECORDS = TableAccess(
    "audit_records",
    (
        own_org(command="SELECT"),
        own_person(command="SELECT"),
        staff("SELECT"),
        SYSTEM_ACTS,
        PERSONS_ACTS,
        LOGINS,
        REFUSALS,
        LEADS,
        exported(f"subject_kind = 'user' AND subject_id = {PERSON_SQL}::text"),
    ),
    api="SELECT, INSERT",
    pipelines="SELECT, INSERT",
)
QUEUE = closed("audit_queue")
ENQUEUE = DefinerFunction("audit_enqueue()", "whoever may add a record queues it for the chain, and nothing else")
CHAIN = closed("audit_chain", pipelines="SELECT, INSERT")
ANCHORS = closed("audit_anchors", pipelines="SELECT, INSERT")
_LAWFUL = "records are dropped by whole anchored days and in no other way: the pipelines have no right to delete"
DROP_RECORDS = DefinerFunction("audit_drop_through(bigint)", _LAWFUL, for_pipelines=True)
DROP_ANCHORS = DefinerFunction("audit_drop_anchors(text[], bigint[])", _LAWFUL, for_pipelines=True)

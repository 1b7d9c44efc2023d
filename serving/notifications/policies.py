"""Who may queue messages; the application reads none of them, but for a person's own in an export."""

from core.access.policies import ORGS_SQL, OWN_CONTACT_SQL, PERSON_SQL, Policy, TableAccess, during, exported
from core.access.tenant import Step

KNOWN_CALLER = Policy(
    "known_caller", f"{PERSON_SQL} IS NOT NULL OR {ORGS_SQL} IS NOT NULL", "INSERT", "invitations of an organisation"
)
MESSAGES = TableAccess(
    "messages",
    (
        KNOWN_CALLER,
        during(Step.LOGIN, "one-time codes go to strangers", "INSERT"),
        exported(OWN_CONTACT_SQL),
    ),
    api="SELECT, INSERT",
)

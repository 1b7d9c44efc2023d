"""Who may see endpoints and deliveries: people of the organisation that they belong to, and staff."""

from core.access.policies import ORGS_SQL, Policy, TableAccess, own_org, staff

ENDPOINTS = TableAccess("webhook_endpoints", (own_org(), staff()), api="SELECT, INSERT, UPDATE")
DELIVERIES = TableAccess(
    "webhook_deliveries",
    (own_org(), staff()),
    api="SELECT, INSERT, UPDATE (outcome, outcome_reason, attempts, due_at, claimed_until)",
)
ATTEMPTS = TableAccess("webhook_attempts", (own_org(command="SELECT"), staff("SELECT")), api="SELECT")
# Messages about public cars belong to another organisation than those that they are delivered to.
_DELIVERED = (
    f"EXISTS (SELECT FROM webhook_deliveries d WHERE d.message_id = webhook_messages.id AND d.org_id = ANY {ORGS_SQL})"
)
MESSAGES = TableAccess(
    "webhook_messages",
    (own_org(), Policy("own_deliveries", _DELIVERED, "SELECT"), staff()),
    api="SELECT, INSERT",
)

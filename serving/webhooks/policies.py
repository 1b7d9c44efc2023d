"""Declare who may see endpoints and deliveries: people of the organisation that they belong to, and staff."""

from core.access.policies import STAFF_SQL, Policy, TableAccess, of_visible, own_org, staff

ENDPOINTS = TableAccess("webhook_endpoints", (own_org(), staff()), api="SELECT, INSERT, UPDATE")
DELIVERIES = TableAccess(
    "webhook_deliveries",
    (of_visible("webhook_endpoints", "webhook_deliveries.endpoint_id", command="ALL"),),
    api="SELECT, INSERT, UPDATE (outcome, outcome_reason, attempts, due_at, claimed_until)",
)
ATTEMPTS = TableAccess(
    "webhook_attempts", (of_visible("webhook_deliveries", "webhook_attempts.delivery_id"),), api="SELECT"
)
MESSAGES = TableAccess(
    "webhook_messages",
    (
        # A message about a public car belongs to another organisation than those that it is delivered to.
        of_visible("webhook_deliveries", "webhook_messages.id", key="message_id"),
        own_org(command="INSERT"),
        Policy("staff", STAFF_SQL, "INSERT", "staff ping and test webhooks of every organisation"),
    ),
    api="SELECT, INSERT",
)

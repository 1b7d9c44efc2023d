"""Declare who may queue messages and choose channels; the application reads messages for exports of own ones alone."""

from core.access.policies import (
    EVERYTHING,
    ORGS_SQL,
    OWN_CONTACT_SQL,
    PERSON_SQL,
    Policy,
    TableAccess,
    during,
    exported,
    own_person,
)
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
PREFERENCES = TableAccess(
    "notification_preferences",
    (own_person(), during(Step.LEAD, "a dealer's answer goes by the buyer's channels", "SELECT")),
    api="SELECT, INSERT, UPDATE",
)
DEVICES = TableAccess(
    "push_devices",
    (own_person(), during(Step.LOGIN, "an app whose phone changed hands is found by its token")),
    api=EVERYTHING,
)

"""Declare who may reach people, organisations and logins.

A person's own rows are the person's; an organisation's rows and its members are seen by its people. Logging in happens
before anybody is known, so its tables are open while that step lasts and closed otherwise. Which of its people may do
what in an organisation is decided by permissions, not here.
"""

from core.access.policies import (
    EVERYTHING,
    OWN_CONTACT_SQL,
    PERSON_SQL,
    DefinerFunction,
    Policy,
    TableAccess,
    during,
    everybody,
    exported,
    of_visible,
    own_org,
    own_person,
    staff,
)
from core.access.tenant import STEP, Step

_LOGIN = "nobody is known yet: rows are found by a contact's blind index, a token or a request's id"
_HIDDEN = "nobody but the login itself reads these"
_EXPORTED = exported(OWN_CONTACT_SQL)

ORGS = TableAccess(
    "orgs",
    (
        everybody("names of sellers stand beside their listings", "kind IN ('dealer', 'marketplace')", "sellers"),
        own_org("id"),
        staff(),
        during(Step.INVITATION, "whoever is invited is no member yet", "SELECT"),
    ),
    # Names are never changed; the privilege is what locking a row asks for.
    api="SELECT, UPDATE (name, default_mapping)",
)
BRANCHES = TableAccess(
    "branches",
    (own_org(), staff(), during(Step.INVITATION, "an invitation can be narrowed to branches", "SELECT")),
    api="SELECT, INSERT, UPDATE",
)
USERS = TableAccess(
    "users",
    (
        own_person("id"),
        of_visible("memberships", "users.id", key="user_id"),
        staff("SELECT"),
        during(Step.LOGIN, _LOGIN),
    ),
    # Whoever asks to be erased is locked out at once; a login may name the person's language.
    api="SELECT, INSERT, UPDATE (blocked_at, language)",
)
CONTACTS = TableAccess(
    "user_contacts",
    (
        own_person(command="SELECT"),
        of_visible("memberships", "user_contacts.user_id", key="user_id"),
        staff("SELECT"),
        during(Step.LOGIN, _LOGIN),
    ),
    api="SELECT, INSERT",
)
LOGINS = TableAccess("logins", (own_person(command="SELECT"), during(Step.LOGIN, _LOGIN)), api="SELECT, INSERT")
# Not by a plain step: whoever accepts an invitation makes a membership of their own, and of nobody else.
_JOINING = Policy(
    "joining",
    f"user_id = {PERSON_SQL} AND (SELECT current_setting('{STEP}', true) = '{Step.INVITATION}')",
    "INSERT",
    "whoever is invited is no member yet",
)
MEMBERSHIPS = TableAccess("memberships", (own_person(command="SELECT"), own_org(), staff(), _JOINING), api=EVERYTHING)
MEMBERSHIP_BRANCHES = TableAccess(
    "membership_branches",
    (own_org(), staff(), during(Step.INVITATION, "an invitation can be narrowed to branches")),
    api=EVERYTHING,
)
INVITATIONS = TableAccess(
    "invitations",
    (
        own_org(),
        staff(),
        during(Step.INVITATION, "it is found by its token, and marked as used"),
        exported(f"accepted_by = {PERSON_SQL} OR {OWN_CONTACT_SQL}"),
    ),
    api="SELECT, INSERT, UPDATE",
)
SERVICE_ACCOUNTS = TableAccess("service_accounts", (own_org(), staff()), api="SELECT, INSERT, UPDATE")
SESSIONS = TableAccess("sessions", (own_person(), during(Step.LOGIN, _LOGIN)), api="SELECT, INSERT, UPDATE")
CHALLENGES = TableAccess("otp_challenges", (during(Step.LOGIN, _HIDDEN), _EXPORTED), api="SELECT, INSERT, UPDATE")
GUESSES = TableAccess("otp_guesses", (during(Step.LOGIN, _HIDDEN), _EXPORTED), api="SELECT, INSERT, UPDATE")
DEVICES = TableAccess("known_devices", (during(Step.LOGIN, _HIDDEN), _EXPORTED), api="SELECT, INSERT, UPDATE")
ENDED = TableAccess("ended_outside_sessions", (during(Step.LOGIN, _LOGIN),), api="SELECT, INSERT")
PROOFS = TableAccess("spent_proofs", (during(Step.LOGIN, _HIDDEN),), api="SELECT, INSERT")

_WHO_CALLS = (
    "the caller is looked up before the transaction works for anybody; whoever names the row gets that one alone"
)
BY_SESSION = DefinerFunction("caller_by_session(uuid, uuid, timestamptz)", _WHO_CALLS, for_api=True)
BY_LOGIN = DefinerFunction("caller_by_login(text, text, text)", _WHO_CALLS, for_api=True)
BY_HIDDEN = DefinerFunction("caller_by_secret(bytea)", _WHO_CALLS, for_api=True)

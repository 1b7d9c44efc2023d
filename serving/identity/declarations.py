"""Assemble the declarations of the identity domain."""

from datetime import timedelta

from core.access.permissions import Permission
from core.access.roles import PLATFORM_ROLES, Role
from core.declarations import Declarations, PersonalColumn, RateLimit, Retention
from core.identity.sealed_contacts import CHALLENGED_CONTACT, INVITED_CONTACT, USER_CONTACT, USER_NAME
from serving.identity.erasers import ERASERS
from serving.identity.exporters import EXPORTERS

READ_MEMBERS = Permission(
    "members.read",
    "see who belongs to the organisation, with which role",
    frozenset({Role.ORG_ADMIN, Role.BRANCH_MANAGER, Role.MODERATOR, Role.PLATFORM_ADMIN}),
)
MANAGE_MEMBERS = Permission(
    "members.manage",
    "invite people, change their roles and remove them, up to one's own role",
    frozenset({Role.ORG_ADMIN, Role.BRANCH_MANAGER, Role.PLATFORM_ADMIN}),
)
READ_BRANCHES = Permission(
    "branches.read",
    "see the organisation's branches with address, phones and opening hours",
    frozenset({Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN, *PLATFORM_ROLES}),
)
MANAGE_BRANCHES = Permission(
    "branches.manage",
    "add branches and change their address, phones and opening hours",
    frozenset({Role.ORG_ADMIN, Role.PLATFORM_ADMIN}),
    whole_org=True,
)
MANAGE_SERVICE_ACCOUNTS = Permission(
    "service_accounts.manage",
    "give systems of the organisation access, and take it away",
    frozenset({Role.ORG_ADMIN, Role.PLATFORM_ADMIN}),
    whole_org=True,
)

DECLARATIONS = Declarations(
    permissions=(READ_MEMBERS, MANAGE_MEMBERS, READ_BRANCHES, MANAGE_BRANCHES, MANAGE_SERVICE_ACCOUNTS),
    rate_limits=(
        RateLimit("POST /v1/auth/otp", calls=20, seconds=600, per=("address", "device"), shared=True),
        RateLimit("POST /v1/auth/otp/verify", calls=20, seconds=600, per=("address", "device"), shared=True),
        RateLimit("POST /v1/auth/refresh", calls=60, seconds=60, per=("address", "device")),
    ),
    personal_columns=(
        PersonalColumn("users", "name", "the person's name", "sealed", sealing=USER_NAME),
        PersonalColumn("user_contacts", "sealed", "phone number or e-mail address", "sealed", sealing=USER_CONTACT),
        PersonalColumn("user_contacts", "blind_index", "digest of a phone number or e-mail address", "digest"),
        PersonalColumn("logins", "subject", "the person's id at the issuer", "plain"),
        PersonalColumn("invitations", "sealed", "phone number or e-mail address", "sealed", sealing=INVITED_CONTACT),
        PersonalColumn("invitations", "blind_index", "digest of a phone number or e-mail address", "digest"),
        PersonalColumn(
            "otp_challenges", "sealed", "phone number or e-mail address", "sealed", sealing=CHALLENGED_CONTACT
        ),
        PersonalColumn("otp_challenges", "blind_index", "digest of a phone number or e-mail address", "digest"),
        PersonalColumn("otp_challenges", "device", "the device that asked, as an id", "plain"),
        PersonalColumn("otp_guesses", "blind_index", "digest of a phone number or e-mail address", "digest"),
        PersonalColumn("otp_guesses", "device", "the device that guessed, as an id", "plain"),
        PersonalColumn("known_devices", "blind_index", "digest of a phone number or e-mail address", "digest"),
        PersonalColumn("known_devices", "device", "a device of the person, as an id", "plain"),
        PersonalColumn("sessions", "device", "a device of the person, as an id", "plain"),
        PersonalColumn("sessions", "user_agent", "the person's browser or app", "plain"),
        PersonalColumn("sessions", "address_class", "the network that the login came from", "plain"),
        PersonalColumn("branches", "phones", "the branch's published phone numbers", "plain", "org"),
        PersonalColumn("branches", "name", "the branch's published name", "plain", "org"),
        PersonalColumn("branches", "address", "the branch's published address", "plain", "org"),
    ),
    retention=(
        Retention("otp_challenges", "one-time codes, used or not", "expires_at", timedelta(days=1)),
        Retention("otp_guesses", "wrong guesses of a day", "day", timedelta(days=3)),
        Retention("known_devices", "devices without a login since", "last_login_at", timedelta(days=400)),
        Retention("sessions", "sessions that were ended", "ended_at", timedelta(days=30)),
        Retention("sessions", "sessions that were not renewed", "expires_at", timedelta(days=30)),
        Retention("ended_outside_sessions", "ended sessions of a login service", "expires_at", timedelta(0)),
        Retention("spent_proofs", "proofs of a contact that were used", "expires_at", timedelta(0)),
        Retention("invitations", "invitations, accepted or not", "expires_at", timedelta(days=90)),
    ),
    erasers=ERASERS,
    exporters=EXPORTERS,
    harmless_columns={
        "branches": ("code", "city", "opening_hours"),
        "ended_outside_sessions": ("issuer", "session"),
        "invitations": ("role", "branch_codes", "kind", "token_digest"),
        "logins": ("issuer",),
        "memberships": ("role",),
        "orgs": ("code", "name", "kind", "default_mapping"),
        "otp_challenges": ("purpose", "kind", "code_digest"),
        "service_accounts": ("name", "scopes", "secret_digest"),
        "sessions": ("ended_why",),
        "user_contacts": ("kind",),
        "users": ("language",),
    },
)

"""Assemble the declarations of the audit domain."""

from core.access.permissions import Permission
from core.access.roles import Role
from core.declarations import Declarations, PersonalColumn, RateLimit
from serving.audit.personal_data import EXPORTERS

READ_AUDIT = Permission(
    "audit.read",
    "read who did what to the things of the organisation",
    frozenset({Role.ORG_ADMIN, Role.MODERATOR, Role.FINANCE, Role.PLATFORM_ADMIN}),
    whole_org=True,
)

DECLARATIONS = Declarations(
    permissions=(READ_AUDIT,),
    rate_limits=(RateLimit("GET /v1/audit", calls=60, seconds=60, per=("user",)),),
    personal_columns=(
        PersonalColumn("audit_records", "user_id", "the person who acted, as an id", "plain"),
        PersonalColumn("audit_records", "actor", "the person who acted, as an id; else the name of a system", "plain"),
        PersonalColumn("audit_records", "session_id", "the login of the person who acted, as an id", "plain"),
        PersonalColumn("audit_records", "device", "the device that the request came from, as an id", "plain"),
        PersonalColumn("audit_records", "address_class", "the network that the request came from", "plain"),
        PersonalColumn("audit_records", "before", "fields before the act; personal ones are sealed", "sealed"),
        PersonalColumn("audit_records", "after", "fields after the act; personal ones are sealed", "sealed"),
        PersonalColumn("audit_records", "reason", "free text that people write, contacts masked", "masked"),
        PersonalColumn("audit_records", "subject_id", "the person that something was done to, as an id", "plain"),
    ),
    exporters=EXPORTERS,
    harmless_columns={
        "audit_records": ("actor_kind", "action", "subject_kind", "request_id"),
        "audit_anchors": ("kind", "content_digest"),
        "audit_chain": ("digest", "record_digest"),
    },
)

"""Assemble the declarations of the moderation domain."""

from datetime import timedelta

from core.access.permissions import Permission
from core.access.roles import Role
from core.declarations import Declarations, PersonalColumn, RateLimit, Retention
from serving.moderation.personal_data import ERASERS, EXPORTERS

_OWNERS = frozenset({Role.PRIVATE_SELLER, Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN})
_STAFF = frozenset({Role.MODERATOR, Role.PLATFORM_ADMIN})
MODERATE = Permission("moderation.decide", "see the queue of moderation and decide its cases", _STAFF)
APPEAL = Permission("moderation.appeal", "appeal for one's own rejected cars to a person", _OWNERS)
READ_STANDING = Permission(
    "moderation.read", "read what the rules and moderators said of one's own cars", _OWNERS | _STAFF
)

DECLARATIONS = Declarations(
    permissions=(MODERATE, APPEAL, READ_STANDING),
    rate_limits=(RateLimit("POST /v1/listings/{listing_id}/appeal", calls=20, seconds=86_400, per=("user",)),),
    personal_columns=(
        PersonalColumn("moderation_cases", "statement", "why an owner appeals, contacts masked", "masked"),
        PersonalColumn("moderation_cases", "note", "what a moderator tells the owner, contacts masked", "masked"),
    ),
    retention=(
        Retention("moderation_cases", "decided cases of moderation", "closed_at", timedelta(days=730)),
        Retention("moderation_marks", "marks on cars that did not change since", "marked_at", timedelta(days=730)),
    ),
    erasers=ERASERS,
    exporters=EXPORTERS,
    harmless_columns={
        "moderation_cases": ("kind", "findings", "outcome", "decided_by", "reasons"),
        "moderation_marks": ("findings",),
    },
)

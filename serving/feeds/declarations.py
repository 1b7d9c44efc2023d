"""What the feeds domain declares."""

from core.access.permissions import Permission
from core.access.roles import Role
from core.declarations import Declarations, PersonalColumn

UPLOAD_FEEDS = Permission(
    "feeds.upload",
    "deliver the organisation's stock files and follow their import",
    frozenset({Role.ORG_ADMIN, Role.PLATFORM_ADMIN}),
    whole_org=True,
)

DECLARATIONS = Declarations(
    permissions=(UPLOAD_FEEDS,),
    personal_columns=(
        PersonalColumn("feed_rejects", "value", "a cell of a feed file, with digits of phone numbers masked", "plain"),
        PersonalColumn("feed_actions", "actor", "the name that an operator gave to a command", "plain"),
    ),
)

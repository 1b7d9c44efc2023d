"""What the listings domain declares."""

from core.declarations import Declarations, EventType, PersonalColumn

DECLARATIONS = Declarations(
    events=tuple(EventType("listing", kind, ("old", "new")) for kind in ("created", "updated", "removed")),
    personal_columns=(
        PersonalColumn("listings", "title", "free text, in which sellers may write phone numbers", "plain"),
        PersonalColumn("listings", "description", "free text, in which sellers may write phone numbers", "plain"),
    ),
)

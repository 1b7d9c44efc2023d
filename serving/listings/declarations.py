"""What the listings domain declares."""

from core.declarations import Declarations, EventType, PersonalColumn

DECLARATIONS = Declarations(
    events=tuple(EventType("listing", kind, ("old", "new")) for kind in ("created", "updated", "removed")),
    personal_columns=(
        PersonalColumn("listings", "title", "free text, contacts masked", "masked", "org"),
        PersonalColumn("listings", "description", "free text, contacts masked", "masked", "org"),
        PersonalColumn("listings", "origin", "a feed's values that people replaced, contacts masked", "masked", "org"),
    ),
    harmless_columns={
        "listings": (
            "make_key",
            "model_key",
            "source_key",
            "status",
            "state_by",
            "visibility",
            "channels",
            "make",
            "model",
            "variant",
            "fuel",
            "transmission",
            "body",
            "assembly",
            "color",
            "color_raw",
            "city",
            "area",
            "province",
            "registered_in",
            "photos",
            "url",
            "content_hash",
            "source",
        ),
        "listing_prices": ("source",),
        "listing_removals": ("state",),
    },
)

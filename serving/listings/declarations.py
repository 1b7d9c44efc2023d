"""Assemble the declarations of the listings domain."""

from datetime import timedelta

from core.access.permissions import Permission
from core.access.roles import Role
from core.declarations import Declarations, EventType, PersonalColumn, RateLimit, Retention
from pipelines.listings.chassis.number import CHASSIS_NUMBER, SELLERS_CHASSIS_NUMBER
from serving.listings.personal_data import ERASERS, EXPORTERS
from serving.listings.webhook_events import LISTING_WEBHOOKS

_SELLERS = frozenset({Role.PRIVATE_SELLER, Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN})
_CONTACT = "POST /v1/listings/{listing_id}/contact"
_STAFF = frozenset({Role.MODERATOR, Role.PLATFORM_ADMIN})
MANAGE_LISTINGS = Permission("listings.manage", "post and change one's own cars", _SELLERS)
MOVE_LISTINGS = Permission(
    "listings.move", "move one's own cars between states, as the table of states says", _SELLERS | _STAFF
)
READ_STOCK = Permission("listings.read_stock", "see one's own cars in every state", _SELLERS | _STAFF)

DECLARATIONS = Declarations(
    permissions=(MANAGE_LISTINGS, MOVE_LISTINGS, READ_STOCK),
    rate_limits=(
        RateLimit("POST /v1/listings", calls=300, seconds=3_600, per=("user",)),
        RateLimit("PATCH /v1/listings/{listing_id}", calls=1_200, seconds=3_600, per=("user",)),
        RateLimit("POST /v1/listings/{listing_id}/transitions", calls=1_200, seconds=3_600, per=("user",)),
        RateLimit(_CONTACT, calls=30, seconds=3_600, per=("address", "device"), shared=True),
    ),
    retention=(Retention("listing_contacts", "reveals of contacts", "created_at", timedelta(days=180)),),
    events=(
        *(EventType("listing", kind, ("old", "new")) for kind in ("created", "updated", "removed")),
        EventType("listing_contact", "revealed", ("event_id",)),
    ),
    personal_columns=(
        PersonalColumn("listings", "title", "free text, contacts masked", "masked", "org"),
        PersonalColumn("listings", "description", "free text, contacts masked", "masked", "org"),
        PersonalColumn("listing_chassis", "sealed_number", "chassis number", "sealed", "org", CHASSIS_NUMBER),
        PersonalColumn(
            "listing_chassis", "sealed_for_seller", "chassis number", "sealed", "person", SELLERS_CHASSIS_NUMBER
        ),
        PersonalColumn("listing_chassis", "chassis_index", "chassis number", "digest", "org"),
        PersonalColumn("listing_contacts", "device_id", "an app's own id of its device", "plain", "outside"),
        PersonalColumn("listings", "origin", "a feed's values that people replaced, contacts masked", "masked", "org"),
    ),
    webhook_events=LISTING_WEBHOOKS,
    erasers=ERASERS,
    exporters=EXPORTERS,
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
        "listing_price_history": ("source",),
        "listing_removals": ("state",),
        "listing_differences": ("says",),
    },
)

"""Assemble the declarations of the photos domain."""

from datetime import timedelta

from core.access.permissions import Permission
from core.access.roles import Role
from core.declarations import Declarations, EventType, PersonalColumn, RateLimit, Retention
from serving.photos.personal_data import ERASERS, EXPORTERS

_SELLERS = frozenset({Role.PRIVATE_SELLER, Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN})
_STAFF = frozenset({Role.MODERATOR, Role.PLATFORM_ADMIN})

MANAGE_PHOTOS = Permission(
    "photos.manage", "add, order and delete photos of one's own cars, and see those that wait", _SELLERS | _STAFF
)
MANAGE_DOCUMENTS = Permission("documents.manage", "add and delete documents of one's own cars", _SELLERS)
MODERATE_PHOTOS = Permission(
    "photos.moderate", "decide appeals about number plates on photos, and contests of copies", _STAFF
)
REPORT_COPIES = Permission(
    "photos.report", "see which photos of an organisation others show, and contest such reports",
    frozenset({Role.BRANCH_MANAGER, Role.ORG_ADMIN}) | _STAFF, whole_org=True,
)  # fmt: skip
CHOOSE_PHOTOS = Permission(
    "photos.choose", "choose whether photos with a clean background are made and shown",
    frozenset({Role.ORG_ADMIN, Role.PLATFORM_ADMIN}), whole_org=True,
)  # fmt: skip
READ_DOCUMENTS = Permission("documents.read", "see documents of one's own cars", _SELLERS | _STAFF)

_FACTS = ("listing_id", "slot", "plates", "origin")
_PHOTO = "/v1/listings/{listing_id}/photos"
_DOCUMENT = "/v1/listings/{listing_id}/documents"

DECLARATIONS = Declarations(
    permissions=(MANAGE_PHOTOS, MODERATE_PHOTOS, REPORT_COPIES, CHOOSE_PHOTOS, MANAGE_DOCUMENTS, READ_DOCUMENTS),
    rate_limits=(
        RateLimit(f"POST {_PHOTO}", calls=300, seconds=3_600, per=("user",)),
        RateLimit(f"POST {_PHOTO}/{{photo_id}}/confirm", calls=300, seconds=3_600, per=("user",)),
        RateLimit(f"POST {_PHOTO}/{{photo_id}}/appeal", calls=60, seconds=86_400, per=("user",)),
        RateLimit(f"POST {_PHOTO}/{{photo_id}}/boxes", calls=300, seconds=3_600, per=("user",)),
        RateLimit("GET /v1/orgs/{code}/photo-copies", calls=120, seconds=3_600, per=("user",)),
        RateLimit("POST /v1/orgs/{code}/photo-contests", calls=120, seconds=86_400, per=("user",)),
        RateLimit(f"POST {_DOCUMENT}", calls=60, seconds=3_600, per=("user",)),
        RateLimit(f"POST {_DOCUMENT}/{{document_id}}/confirm", calls=60, seconds=3_600, per=("user",)),
    ),
    events=(
        EventType("photo", "added", (*_FACTS, "content_id", "digest")),
        EventType("photo", "changed", _FACTS),
        EventType("photo", "deleted", _FACTS),
        EventType("photo", "matched", _FACTS),
        EventType("photo", "judged", (*_FACTS, "score", "codes", "vehicle", "version")),
    ),
    retention=(
        Retention("photo_appeals", "decided appeals about number plates", "decided_at", timedelta(days=730)),
        Retention("photo_contests", "decided contests of copies", "decided_at", timedelta(days=1_825)),
    ),
    personal_columns=(
        PersonalColumn("photo_uploads", "uploader", "the person who uploads, as an id; else a system's name", "plain"),
        PersonalColumn("listing_documents", "uploader", "the person who uploaded, as an id", "plain"),
    ),
    erasers=ERASERS,
    exporters=EXPORTERS,
    harmless_columns={
        "listing_documents": ("kind", "digest"),
        "listing_photos": ("origin", "slot", "public_key", "plates", "rendition", "hand_boxes"),
        "listing_media_scores": ("codes", "missing_slots", "version"),
        "photo_appeals": ("kind", "state"),
        "photo_backgrounds": ("rendition", "version", "state", "code", "variants"),
        "photo_contests": ("reason", "state", "told_state"),
        "media_iq_jobs": ("state", "code"),
        "photo_addresses": ("url_digest", "url", "state", "etag", "last_modified", "code"),
        "photo_descriptions": ("version",),
        "photo_pairs": ("version", "kind"),
        "photo_contents": ("digest", "variants"),
        "photo_verdicts": ("version", "plates", "rendition", "codes", "measures", "scene"),
        "photo_uploads": ("purpose", "kind", "content_type"),
    },
)

"""Declare who may reach photos and documents: others see what a listing shows, its organisation and staff all of it.

A picture is kept once, whoever shows it, and is found by its bytes before it is known who does; an address that the
platform has signed shows one picture to whoever has it. Both are the step `photo`. Addresses of feeds' photos are the
pipelines'. Papers of cars are never shown to others.
"""

from core.access.policies import (
    EVERYTHING,
    ORGS_SQL,
    PERSON_SQL,
    DefinerFunction,
    Policy,
    TableAccess,
    closed,
    during,
    everybody,
    of_own_listing,
    of_visible,
    own_org,
    shown_of_listing,
    staff,
)
from core.access.tenant import Step

_REPORTED = "a dealer is told of pairs of photos whoever shows the other one, and whether it is still on offer or not"
_SIGNED = "whoever has an address that the platform signed is not known, and names one row"
_OWN_UPLOADS = Policy(
    "own_uploads",
    f"uploader = (SELECT 'person:' || {PERSON_SQL})",
    "SELECT",
    "counted for the caller over all organisations, and shown to it by an export",
)

UPLOADS = TableAccess(
    "photo_uploads",
    (of_own_listing("photo_uploads.listing_id"), staff(), _OWN_UPLOADS, during(Step.PHOTO, _SIGNED, "SELECT")),
    api="SELECT, INSERT, UPDATE (confirmed_at)",
)
CONTENTS = TableAccess(
    "photo_contents",
    (
        of_visible("listing_photos", "photo_contents.id", key="content_id"),
        during(Step.PHOTO, "the same bytes are kept once, whoever shows them, and found by their digest"),
    ),
    api="SELECT, INSERT, UPDATE (version, width, height, variants, made_at, touched_at)",
)
ADDRESSES = closed("photo_addresses")
PHOTOS = TableAccess(
    "listing_photos",
    (
        *shown_of_listing("listing_photos.listing_id", "listing_photos.plates IN ('done', 'waived')"),
        staff(),
        during(Step.PHOTO, _SIGNED, "SELECT"),
        during(Step.COPIES, _REPORTED, "SELECT"),
    ),
    api=EVERYTHING,
)
DOCUMENTS = TableAccess(
    "listing_documents",
    (of_own_listing("listing_documents.listing_id"), staff(), _OWN_UPLOADS),
    api="SELECT, INSERT, UPDATE (deleted_at)",
)


def _of_own_photos(table: str) -> Policy:
    """Make the policy for what was found in the contents of the caller's own photos."""
    owned = f"owner.org_id = ANY {ORGS_SQL} OR owner.seller_id = {PERSON_SQL}"
    shown = f"photo.content_id = {table}.content_id AND ({owned})"
    source = "listing_photos photo JOIN listings owner ON owner.id = photo.listing_id"
    return Policy("of_own_photos", f"EXISTS (SELECT FROM {source} WHERE {shown})", "SELECT")


JOBS = TableAccess("media_iq_jobs", (_of_own_photos("media_iq_jobs"), staff("SELECT")), api="SELECT")
VERDICTS = TableAccess("photo_verdicts", (_of_own_photos("photo_verdicts"), staff("SELECT")), api="SELECT")
SCORES = TableAccess(
    "listing_media_scores",
    (of_own_listing("listing_media_scores.listing_id", "SELECT"), staff("SELECT")),
    api="SELECT",
)
APPEALS = TableAccess(
    "photo_appeals",
    (of_own_listing("photo_appeals.listing_id"), staff()),
    api="SELECT, INSERT, UPDATE (state, decided_at)",
)
STALE = DefinerFunction("listing_photos_score()", "whatever changes photos makes their listing's score stale")
ASK = DefinerFunction("listing_photos_ask()", "whoever adds a photo thereby asks for its verdict, and for nothing else")
COUNT = DefinerFunction(
    "listing_photos_count()", "a listing has the number of its shown photos, which nobody else may write"
)

_COPIES = "whoever may see both photos of a pair is told of it, and both are looked up under the caller's own policies"
_PAIRED = (during(Step.PHOTO, _COPIES, "SELECT"), during(Step.COPIES, _REPORTED, "SELECT"))
DESCRIPTIONS = TableAccess("photo_descriptions", _PAIRED, api="SELECT")
TOKENS = closed("photo_tokens")
PAIRS = TableAccess("photo_pairs", _PAIRED, api="SELECT")
SIGHTINGS = TableAccess("photo_sightings", _PAIRED, api="SELECT")
CONTESTS = TableAccess(
    "photo_contests",
    (
        own_org(),
        staff(),
        during(Step.COPIES, "a granted contest takes the pair out of both dealers' reports", "SELECT"),
    ),
    api="SELECT, INSERT, UPDATE (state, decided_at)",
)
CHOICES = TableAccess(
    "photo_choices",
    (own_org(), staff(), everybody("whether a dealer shows photos with a clean background is seen on its photos")),
    api="SELECT, INSERT, UPDATE (clean_backgrounds, changed_at)",
)
BACKGROUNDS = TableAccess(
    "photo_backgrounds",
    (of_visible("listing_photos", "photo_backgrounds.content_id", key="content_id"),),
    api="SELECT",
)
SEE = DefinerFunction("listing_photos_see()", "whoever adds a photo thereby notes when its content was first seen")

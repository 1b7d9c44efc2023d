"""GET, POST, PUT and DELETE /v1/listings/{listing_id}/photos, and GET /v1/photos/{key}."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query
from pydantic import Field
from starlette.responses import Response

from api.contract.documented import merged, problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.parameters import WHOLE, ListingId, OptionalParam
from api.photos.addresses import DeskDep, PhotoAddressesDep
from api.photos.images import CACHED_SECONDS, image_contract, image_response
from api.photos.managed_schemas import ManagedPhotoRead, PhotoList
from api.photos.problems import (
    CONFIRM_PROBLEMS,
    LISTING_PROBLEMS,
    OPEN_PHOTO_PROBLEMS,
    ORDER_PROBLEMS,
    PHOTO_PROBLEMS,
    SERVING_PROBLEMS,
)
from api.photos.router import router
from api.photos.schemas import (
    EXAMPLE_PHOTO_ID,
    PhotoCreate,
    PhotoOrderUpdate,
    PhotoUploadRead,
    UploadRead,
)
from api.routing import caller_transaction
from api.rules import PUBLIC, request_rules
from serving.photos.addresses import Signature
from serving.photos.declarations import MANAGE_PHOTOS
from serving.photos.service import (
    delete_photo,
    find_variant,
    listing_photos,
    managed_photo,
    order_photos,
    read_variant,
)
from serving.photos.uploading.confirming import Confirmation, confirm_photo
from serving.photos.uploading.uploads import open_upload

_PATH = "/v1/listings/{listing_id}/photos"
PhotoId = Annotated[UUID, Path(description="The photo's id.", examples=[EXAMPLE_PHOTO_ID])]
PhotoKey = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-f]{32}-(clean-)?(320|800|1600)\.(webp|jpg)$",
        description="As in the address of a variant.",
        examples=["6f1d2c3b4a5968778695a4b3c2d1e0f0-800.webp"],
    ),
]
Until = Annotated[OptionalParam[Annotated[int, Field(ge=0, le=10**11), WHOLE]], Query(description="As in the address.")]
Signed = Annotated[
    OptionalParam[Annotated[str, Field(max_length=64)]], Query(alias="signature", description="As in the address.")
]


async def given_signature(until: Until = None, signed: Signed = None) -> Signature | None:
    """Return the signature of an address; None for the plain address of a public photo."""
    return None if until is None or signed is None else Signature(until, signed)


SignatureDep = Annotated[Signature | None, Depends(given_signature)]


@router.get(_PATH, summary="List the photos of a car", responses=problems(*LISTING_PROBLEMS))
@request_rules(access=PUBLIC)
def read_photos(
    listing_id: ListingId, session: SessionDep, principal: PrincipalDep, addresses: PhotoAddressesDep
) -> PhotoList:
    """List the photos in order: to those who manage the car all of them, with advice; to others the public ones."""
    return PhotoList.of(listing_photos(session, principal, listing_id), addresses)


@router.post(_PATH, status_code=201, summary="Add a photo", responses=problems(*OPEN_PHOTO_PROBLEMS))
@request_rules(access=MANAGE_PHOTOS)
def add_photo(
    listing_id: ListingId, body: PhotoCreate, session: SessionDep, principal: PrincipalDep, desk: DeskDep
) -> PhotoUploadRead:
    """Give an address to upload one photo to, good for 15 minutes. Then confirm; other uploads go after a day."""
    address = open_upload(session, desk, principal, listing_id, body.wanted())
    return PhotoUploadRead(photo_id=address.id, upload=UploadRead.of(address))


@router.post(f"{_PATH}/{{photo_id}}/confirm", summary="Confirm an upload", responses=problems(*CONFIRM_PROBLEMS))
@request_rules(access=MANAGE_PHOTOS)
async def confirm(
    listing_id: ListingId, photo_id: PhotoId, state: StateDep, principal: PrincipalDep, desk: DeskDep
) -> ManagedPhotoRead:
    """Check what was uploaded and make the photo: upright, in sRGB, without metadata, in three sizes and two formats.

    JPEG, PNG and WebP are taken, by content. A confirmation may be repeated: it gives the same photo. A file that is
    refused is deleted; upload another one to the same address while it lasts.
    """
    wanted = Confirmation(principal, listing_id, photo_id, "photo")
    await state.threads.run(partial(confirm_photo, state.sessions, desk, wanted))

    def read() -> ManagedPhotoRead:
        with caller_transaction(state.sessions) as session:
            return ManagedPhotoRead.of(managed_photo(session, principal, listing_id, photo_id), desk.addresses)

    return await state.threads.run(read)


@router.put(f"{_PATH}/order", summary="Order the photos", responses=problems(*ORDER_PROBLEMS))
@request_rules(access=MANAGE_PHOTOS)
def order(
    listing_id: ListingId,
    body: PhotoOrderUpdate,
    session: SessionDep,
    principal: PrincipalDep,
    addresses: PhotoAddressesDep,
) -> PhotoList:
    """Put the photos in an order, choose the cover, and name what they show. Later deliveries of a feed keep it."""
    return PhotoList.of(order_photos(session, principal, listing_id, body.order()), addresses)


@router.delete(f"{_PATH}/{{photo_id}}", status_code=204, summary="Delete a photo", responses=problems(*PHOTO_PROBLEMS))
@request_rules(access=MANAGE_PHOTOS)
def remove(listing_id: ListingId, photo_id: PhotoId, session: SessionDep, principal: PrincipalDep) -> None:
    """Delete a photo: its addresses fail at once, copies in caches within 5 minutes. A feed does not bring it back."""
    delete_photo(session, principal, listing_id, photo_id)


@router.get(
    "/v1/photos/{key}",
    summary="One size of a photo",
    response_class=Response,
    responses=merged(image_contract("image/webp", "image/jpeg"), problems(*SERVING_PROBLEMS)),
)
@request_rules(access=PUBLIC)
def show_photo(
    key: PhotoKey,
    session: SessionDep,
    state: StateDep,
    addresses: PhotoAddressesDep,
    given: SignatureDep,
) -> Response:
    """Return the image while its car is public, or while the signature of its address lasts."""
    public_key, variant = key.split("-", 1)
    served = find_variant(session, addresses, public_key, variant, given)
    left = CACHED_SECONDS if given is None else max(0, given.until - int(addresses.now.timestamp()))
    cache = f"{'public' if given is None else 'private'}, max-age={left}"
    return image_response(read_variant(state.storage, served), variant, cache)

"""The addresses of photos in answers, where clients reach the API."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.deps import opened
from core.clock import utc_now
from serving.photos.addresses import PhotoAddresses
from serving.photos.uploading.uploads import Desk


async def photo_addresses(request: Request) -> PhotoAddresses:
    """Make addresses for this request: under API_PUBLIC_URL, else where the request itself came to."""
    state = opened(request)
    base = state.settings.api_public_url or str(request.base_url)
    return PhotoAddresses(base.rstrip("/"), state.identity.keys.index, utc_now())


PhotoAddressesDep = Annotated[PhotoAddresses, Depends(photo_addresses)]


async def desk(request: Request, addresses: PhotoAddressesDep) -> Desk:
    """Gather the parts that uploads need."""
    state = opened(request)
    return Desk(state.storage, state.settings, addresses)


DeskDep = Annotated[Desk, Depends(desk)]


@dataclass(frozen=True)
class ShownPhotos:
    """Settings for photos in answers: their addresses, and whether a feed's own may be given for a missing copy."""

    addresses: PhotoAddresses
    remote: bool


async def shown_photos(request: Request) -> ShownPhotos:
    """Decide it by the settings."""
    return ShownPhotos(await photo_addresses(request), opened(request).settings.photos_remote == "show")


ShownPhotosDep = Annotated[ShownPhotos, Depends(shown_photos)]

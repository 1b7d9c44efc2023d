"""PUT /v1/photo-uploads/{upload_id}: the upload address where the storage is a folder."""

from collections.abc import AsyncIterator
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from api.contract.documented import problems
from api.deps import AppState, StateDep
from api.parameters import WHOLE
from api.photos.addresses import DeskDep
from api.photos.problems import UPLOAD_PROBLEMS
from api.photos.router import router
from api.photos.schemas import EXAMPLE_PHOTO_ID
from api.rules import PUBLIC, request_rules
from api.streamed_body import take_body
from core.db.session import transaction
from serving.photos.addresses import PhotoAddresses, Signature
from serving.photos.errors import UploadTooLargeError
from serving.photos.uploading.uploads import keep_upload, require_open_upload

_WHOLE_SECONDS = 600
"""20 MB on a line of 270 kbit/s."""
UploadId = Annotated[UUID, Path(description="As in the address.", examples=[EXAMPLE_PHOTO_ID])]
_BODY = {
    "requestBody": {
        "required": True,
        "description": "The image itself, byte for byte.",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}, "example": "no image"}
        },
    }
}


async def signature(
    until: Annotated[
        int, Field(ge=0, le=10**11), WHOLE, Query(description="As in the address.", examples=[1796112000])
    ],
    signature: Annotated[str, Query(max_length=64, description="As in the address.", examples=["00"])],
) -> Signature:
    """Read the end and the signature of the address."""
    return Signature(until, signature)


async def uploaded_image(
    request: Request,
    upload_id: UploadId,
    state: StateDep,
    desk: DeskDep,
    given: Annotated[Signature, Depends(signature)],
) -> AsyncIterator[IO[bytes]]:
    """Take in the body, on disk, once the address is found to be good; it is forgotten when the endpoint has ended."""
    await state.threads.run(partial(_check, state, desk.addresses, upload_id, given))
    folder = state.settings.spool_dir
    await run_in_threadpool(partial(folder.mkdir, parents=True, exist_ok=True))
    most = desk.max_bytes
    with TemporaryFile(dir=folder) as file:

        def write(piece: bytes) -> None:
            if file.tell() + len(piece) > most:
                raise UploadTooLargeError(most)
            file.write(piece)

        pause = state.settings.api_body_seconds
        await take_body(request, write, whole_seconds=_WHOLE_SECONDS, pause_seconds=pause)
        file.seek(0)
        yield file


def _check(state: AppState, addresses: PhotoAddresses, upload_id: UUID, given: Signature) -> None:
    with transaction(state.sessions) as session:
        require_open_upload(session, addresses, upload_id, given)


@router.put(
    "/v1/photo-uploads/{upload_id}",
    status_code=204,
    summary="Upload a photo or a document",
    responses=problems(*UPLOAD_PROBLEMS),
    openapi_extra=_BODY,
)
@request_rules(access=PUBLIC, streamed=True, content_types=())
def upload(
    upload_id: UploadId,
    state: StateDep,
    body: Annotated[IO[bytes], Depends(uploaded_image, scope="function")],
) -> None:
    """Keep the file until it is confirmed, a day at most; a later one replaces it. The address is the permission."""
    keep_upload(state.storage, upload_id, body)

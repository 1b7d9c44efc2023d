"""The sender of an upload, and the body as it streams in: refused by its sender, by size and by time, in that order.

The sender is looked up in a transaction of its own and the body is on disk before the endpoint's session has a
connection, so a sender with a slow line holds a file handle and nothing of the database.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from api.deps import AppState, CallerDep, StateDep
from api.feeds.problems import NotTheFileItselfError
from api.parameters import FILE_NAME
from api.streamed_body import take_body
from core.identity.orgs import CODE_PATTERN
from serving.feeds.errors import EmptyFileError
from serving.feeds.mappings import SAMPLE_BYTES
from serving.feeds.requests import require_manager
from serving.feeds.service import HashingUpload, Upload, file_limit, open_upload, require_sender

UPLOAD_SECONDS = 900
"""The longest that a body may take: 500 MB on a line of 5 Mbit/s."""

DealerCode = Annotated[str, Path(pattern=CODE_PATTERN, description="The dealer's code.", examples=["khan-motors"])]


async def uploader(dealer: DealerCode, known: CallerDep) -> str:
    """Return the dealer's code, where the caller may upload for it."""
    await known.ask_first(lambda session, principal: require_sender(session, principal, dealer))
    return dealer


UploaderDep = Annotated[str, Depends(uploader)]


MappingName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", examples=["khan-motors"])]
FileName = Annotated[
    str,
    Query(min_length=1, max_length=200, description="The file's name, for people.", examples=["stock.csv"]),
    FILE_NAME,
]


async def uploaded_body(
    request: Request, dealer: UploaderDep, state: StateDep, name: FileName = "upload"
) -> AsyncIterator[Upload]:
    """Take in the whole body, on disk, once the sender is known; it is forgotten when the endpoint has returned."""
    async with _taken(request, state, file_limit(state.settings)) as upload:
        yield Upload(dealer, name, upload)


UploadDep = Annotated[Upload, Depends(uploaded_body, scope="function")]


async def manager(dealer: DealerCode, known: CallerDep) -> str:
    """Return the dealer's code, where the caller may decide about its feed."""
    await known.ask_first(lambda session, principal: require_manager(session, principal, dealer))
    return dealer


async def sample_body(
    request: Request, dealer: Annotated[str, Depends(manager)], state: StateDep, name: FileName = "upload"
) -> AsyncIterator[Upload]:
    """Take in a file that is not delivered, once it is known that the caller may decide about the feed."""
    async with _taken(request, state, min(SAMPLE_BYTES, file_limit(state.settings))) as upload:
        yield Upload(dealer, name, upload)


PreviewDep = Annotated[Upload, Depends(sample_body, scope="function")]


@asynccontextmanager
async def _taken(request: Request, state: AppState, most: int) -> AsyncIterator[HashingUpload]:
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise NotTheFileItselfError
    with await run_in_threadpool(open_upload, state.settings, most) as upload:
        await take_body(
            request, upload.write, whole_seconds=UPLOAD_SECONDS, pause_seconds=state.settings.api_body_seconds
        )
        if not upload.size:
            raise EmptyFileError
        yield upload

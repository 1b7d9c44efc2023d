"""The sender of an upload, and the body as it streams in: refused by its sender, by size and by time, in that order.

The sender is looked up in a transaction of its own and the body is on disk before the endpoint's session has a
connection, so a sender with a slow line holds a file handle and nothing of the database.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from api.deps import CallerDep, StateDep
from api.feeds.problems import NotTheFileItselfError
from api.parameters import FILE_NAME
from api.streamed_body import take_body
from core.identity.orgs import CODE_PATTERN
from serving.feeds.errors import EmptyFileError
from serving.feeds.service import Upload, open_upload, require_sender

UPLOAD_SECONDS = 900
"""The longest that a body may take: 500 MB on a line of 5 Mbit/s."""

DealerCode = Annotated[str, Path(pattern=CODE_PATTERN, description="The dealer's code.", examples=["khan-motors"])]


async def uploader(dealer: DealerCode, known: CallerDep) -> str:
    """Return the dealer's code, where the caller may upload for it."""
    await known.ask_first(lambda session, principal: require_sender(session, principal, dealer))
    return dealer


UploaderDep = Annotated[str, Depends(uploader)]


FileName = Annotated[
    str,
    Query(min_length=1, max_length=200, description="The file's name, for people.", examples=["stock.csv"]),
    FILE_NAME,
]


async def uploaded_body(
    request: Request, dealer: UploaderDep, state: StateDep, name: FileName = "upload"
) -> AsyncIterator[Upload]:
    """Take in the whole body, on disk, once the sender is known; it is forgotten when the endpoint has returned."""
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise NotTheFileItselfError
    with await run_in_threadpool(open_upload, state.settings) as upload:
        await take_body(
            request, upload.write, whole_seconds=UPLOAD_SECONDS, pause_seconds=state.settings.api_body_seconds
        )
        if not upload.size:
            raise EmptyFileError
        yield Upload(dealer, name, upload)


UploadDep = Annotated[Upload, Depends(uploaded_body, scope="function")]

"""The sender of an upload, and the body as it streams in: refused by its sender, by size and by time, in that order.

The sender is looked up in a transaction of its own and the body is on disk before the endpoint's session has a
connection, so a sender with a slow line holds a file handle and nothing of the database.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import Depends, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api.deps import AppState, Caller, CallerDep, StateDep
from api.feeds.problems import NotTheFileItselfError, UploadCutShortError, UploadTooSlowError
from core.db.session import transaction
from core.identity.orgs import CODE_PATTERN
from serving.feeds.errors import EmptyFileError
from serving.feeds.service import Upload, open_upload, require_sender

UPLOAD_SECONDS = 900
"""The longest that a body may take: 500 MB on a line of 5 Mbit/s."""
_PIECE = 1 << 20

DealerCode = Annotated[str, Path(pattern=CODE_PATTERN, description="The dealer's code.", examples=["khan-motors"])]


async def uploader(dealer: DealerCode, state: StateDep, known: CallerDep) -> str:
    """Return the dealer's code, where the caller may upload for it."""
    await state.threads.run(partial(_check_sender, state, known, dealer))
    return dealer


def _check_sender(state: AppState, known: Caller, dealer: str) -> None:
    with transaction(state.sessions) as session:
        require_sender(session, known.look_up(session), dealer)


UploaderDep = Annotated[str, Depends(uploader)]


async def uploaded_body(request: Request, dealer: UploaderDep, state: StateDep) -> AsyncIterator[Upload]:
    """Take in the whole body, on disk; it is forgotten when the endpoint has returned."""
    del dealer  # a parameter so that no bytes are taken in before the sender is known
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise NotTheFileItselfError
    with await run_in_threadpool(open_upload, state.settings) as upload:
        await _take(request, upload, state.settings.api_body_seconds)
        if not upload.size:
            raise EmptyFileError
        yield upload


async def _take(request: Request, upload: Upload, pause_seconds: float) -> None:
    """Write the body into the file; neither the whole nor a pause between two pieces may take too long."""
    loop, piece = asyncio.get_running_loop(), bytearray()
    try:
        async with asyncio.timeout(UPLOAD_SECONDS), asyncio.timeout(pause_seconds) as pause:
            async for chunk in request.stream():
                piece += chunk
                if len(piece) >= _PIECE:
                    pause.reschedule(None)
                    await run_in_threadpool(upload.write, bytes(piece))
                    piece.clear()
                pause.reschedule(loop.time() + pause_seconds)
            pause.reschedule(None)
            await run_in_threadpool(upload.write, bytes(piece))
    except TimeoutError as error:
        raise UploadTooSlowError from error
    except ClientDisconnect as error:
        raise UploadCutShortError from error


UploadDep = Annotated[Upload, Depends(uploaded_body, scope="function")]

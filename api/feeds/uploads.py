"""The sender of an upload, and the body as it streams in: refused by its sender, by size and by time, in that order.

The sender is looked up in a transaction of its own and the body is on disk before the endpoint's session has a
connection, so a sender with a slow line holds a file handle and nothing of the database.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends, Path, Request
from starlette.concurrency import run_in_threadpool

from api.deps import AppState, Caller, CallerDep, StateDep
from api.feeds.problems import NotTheFileItselfError
from api.streamed_body import take_body
from core.access.principal import Principal
from core.access.tenant import work_for
from core.db.session import transaction
from core.identity.orgs import CODE_PATTERN
from serving.feeds.errors import EmptyFileError
from serving.feeds.service import Upload, open_upload, require_sender

UPLOAD_SECONDS = 900
"""The longest that a body may take: 500 MB on a line of 5 Mbit/s."""

DealerCode = Annotated[str, Path(pattern=CODE_PATTERN, description="The dealer's code.", examples=["khan-motors"])]


@dataclass(frozen=True)
class Uploader:
    """A caller that may upload for a dealer."""

    dealer: str
    principal: Principal


async def uploader(dealer: DealerCode, state: StateDep, known: CallerDep) -> Uploader:
    """Return the dealer's code and the caller, where the caller may upload for it."""
    return Uploader(dealer, await state.threads.run(partial(_check_sender, state, known, dealer)))


def _check_sender(state: AppState, known: Caller, dealer: str) -> Principal:
    with transaction(state.sessions) as session:
        principal = known.look_up(session)
        work_for(session, principal)
        require_sender(session, principal, dealer)
        return principal


UploaderDep = Annotated[Uploader, Depends(uploader)]


async def uploaded_body(request: Request, dealer: UploaderDep, state: StateDep) -> AsyncIterator[Upload]:
    """Take in the whole body, on disk; it is forgotten when the endpoint has returned."""
    del dealer  # a parameter so that no bytes are taken in before the sender is known
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise NotTheFileItselfError
    with await run_in_threadpool(open_upload, state.settings) as upload:
        await take_body(
            request, upload.write, whole_seconds=UPLOAD_SECONDS, pause_seconds=state.settings.api_body_seconds
        )
        if not upload.size:
            raise EmptyFileError
        yield upload


UploadDep = Annotated[Upload, Depends(uploaded_body, scope="function")]

"""Who uploads, and the body as it streams in: refused by token, by size and by time, in that order.

The token is looked up in a transaction of its own and the body is spooled before the endpoint's session asks for a
connection, so a sender with a slow line holds a file handle and nothing of the database.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api.deps import PartsDep
from api.errors import HttpProblemError
from core.db.session import transaction
from core.errors import InvalidInputError
from pipelines.feeds.deliveries.spool import FileTooLargeError, HashingUpload
from pipelines.feeds.readers.limits import limits_of
from serving.feeds.service import may_upload

UPLOAD_SECONDS = 900
"""The longest that a body may take: 500 MB on a line of 5 Mbit/s."""
_PIECE = 1 << 20
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="feeds"'}

DealerCode = Annotated[
    str, Path(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$", description="The dealer's code.", examples=["khan-motors"])
]
_bearer = HTTPBearer(auto_error=False, description="The dealer's upload token: `automart dealers upload-token CODE`.")


def uploader(
    dealer: DealerCode, opened: PartsDep, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> str:
    """The dealer's code, where the token is that dealer's."""
    if given is None:
        raise HttpProblemError(
            401, "token_missing", "Send the dealer's upload token: Authorization: Bearer TOKEN.", headers=_CHALLENGE
        )
    with transaction(opened.sessions) as session:
        allowed = may_upload(session, dealer, given.credentials)
    if not allowed:
        raise HttpProblemError(
            401,
            "token_refused",
            "This is not a token of this dealer, or it was revoked: ask for a new one.",
            headers=_CHALLENGE | {"WWW-Authenticate": 'Bearer realm="feeds", error="invalid_token"'},
        )
    return dealer


UploaderDep = Annotated[str, Depends(uploader)]


async def spooled_body(request: Request, dealer: UploaderDep, opened: PartsDep) -> AsyncIterator[HashingUpload]:
    """The whole body, on disk; it is forgotten when the endpoint has returned."""
    del dealer  # asked for so that nobody's bytes are taken in before the token
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise HttpProblemError(
            415, "not_the_file_itself", "Send the file itself as the body (curl --data-binary @FILE), not a form."
        )
    limit = limits_of(opened.settings).file_bytes
    with await run_in_threadpool(HashingUpload, opened.settings.spool_dir, limit) as spool:
        await _take(request, spool)
        if not spool.size:
            raise InvalidInputError("The body is empty: send the file as the body.", code="empty_file")
        yield spool


async def _take(request: Request, spool: HashingUpload) -> None:
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            piece = bytearray()
            async for chunk in request.stream():
                piece += chunk
                if len(piece) >= _PIECE:
                    await run_in_threadpool(spool.write, bytes(piece))
                    piece.clear()
            await run_in_threadpool(spool.write, bytes(piece))
    except FileTooLargeError as error:
        raise HttpProblemError(413, error.code, error.detail) from error
    except TimeoutError as error:
        raise HttpProblemError(408, "upload_too_slow", "The file took too long: send it again, compressed.") from error
    except ClientDisconnect as error:
        raise HttpProblemError(400, "upload_cut_short", "The body ended before it was whole: send it again.") from error


SpooledBodyDep = Annotated[HashingUpload, Depends(spooled_body, scope="function")]

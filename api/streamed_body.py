"""Take in the body of an upload piece by piece: neither the whole nor a pause between two pieces may take too long."""

import asyncio
from collections.abc import Callable

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api.contract.problems import UploadCutShortError, UploadTooSlowError

_PIECE = 1 << 20


async def take_body(
    request: Request, write: Callable[[bytes], object], *, whole_seconds: float, pause_seconds: float
) -> None:
    """Hand the body to `write`, about a MiB at a time, in a thread.

    Raises:
        UploadTooSlowError, UploadCutShortError: as they say; whatever `write` raises.
    """
    loop, piece = asyncio.get_running_loop(), bytearray()
    try:
        async with asyncio.timeout(whole_seconds), asyncio.timeout(pause_seconds) as pause:
            async for chunk in request.stream():
                piece += chunk
                if len(piece) >= _PIECE:
                    pause.reschedule(None)
                    await run_in_threadpool(write, bytes(piece))
                    piece.clear()
                pause.reschedule(loop.time() + pause_seconds)
            pause.reschedule(None)
            await run_in_threadpool(write, bytes(piece))
    except TimeoutError as error:
        raise UploadTooSlowError from error
    except ClientDisconnect as error:
        raise UploadCutShortError from error

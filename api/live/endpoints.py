"""`GET /v1/live`: live push as Server-Sent Events, for clients that have no WebSocket."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import Header, Query
from starlette.responses import StreamingResponse

from api.deps import AppState, CallerDep, OrgCode, StateDep
from api.live.flow import begun, flowing
from api.live.router import router
from core.errors import AutomartError
from serving.identity.errors import LoginNeededError
from serving.live.connecting import Wanted
from serving.live.subscription import Subscription

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_EXAMPLE = {
    "id": "khan-motors:12,@me:4",
    "event": "event",
    "data": '{"type": "event", "topic": "lead", "kind": "created"}',
}
_TEXT = {"type": "string"}
_EVENT = {"type": "object", "properties": {"id": _TEXT, "event": _TEXT, "data": _TEXT}}
Seconds = Annotated[
    int | None,
    Query(ge=0, le=3600, description="Seconds until the stream ends; 0: only missed events.", examples=[0]),
]
LastId = Annotated[
    str,
    Header(alias="Last-Event-ID", max_length=250, description="The id of the last event: what came after it is sent."),
]


@router.get(
    "/live",
    summary="Hear of one's leads, deposits and cars as they happen (Server-Sent Events)",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": _EVENT, "example": _EXAMPLE}}}},
)
async def live_events(
    state: StateDep,
    known: CallerDep,
    org: OrgCode = None,
    seconds: Seconds = None,
    last_event_id: LastId = "",
) -> StreamingResponse:
    """Give events of the caller's organisation, and of its own ads, leads and deposits, each once and in order.

    The same messages come over the WebSocket of this path: docs/live.md. `resync`: what was missed is no longer kept.
    """
    if known.bearer is None:
        raise LoginNeededError
    subscription = await begun(state, known.bearer, Wanted(org, last_event_id))
    until = None if seconds is None else asyncio.get_running_loop().time() + seconds
    return StreamingResponse(_stream(state, subscription, until), media_type="text/event-stream", headers=_HEADERS)


async def _stream(state: AppState, subscription: Subscription, until: float | None) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(flowing(state, subscription, until)) as found:
            async for message in found:
                yield f"id: {message.position}\nevent: {message.type}\ndata: {message.text}\n\n".encode()
    except AutomartError as error:
        end = {"type": "end", "code": error.code, "detail": error.detail}
        yield f"event: end\ndata: {json.dumps(end)}\n\n".encode()

"""POST /v1/events."""

import json

from fastapi import Request
from starlette.responses import Response

from api.contract.documented import problems
from api.deps import PrincipalDep, StateDep
from api.engagement.body import SentBatchDep
from api.engagement.problems import EVENT_PROBLEMS
from api.engagement.router import router
from api.engagement.schemas import EVENTS_BODY, EventsRead
from api.rules import PUBLIC, request_rules
from serving.engagement.capture import caller_of, read_sent


@router.post(
    "/v1/events",
    summary="Tell what shoppers did",
    response_model=EventsRead,
    responses=problems(*EVENT_PROBLEMS),
    openapi_extra=EVENTS_BODY,
)
@request_rules(access=PUBLIC)
async def events(request: Request, state: StateDep, principal: PrincipalDep, sent: SentBatchDep) -> Response:
    """Take in events of one device; the answer says what became of each.

    An event that was accepted is kept, whatever dies afterwards. Without an answer, or with 503, send the same events
    again with the same ids: each counts once. One bad event never sinks the others. Views by bots, link previews, staff
    and the owner of a car are kept, and count apart.
    """
    batch = read_sent(state.captured.reader, sent, caller_of(principal, request.headers))
    results = await state.captured.buffer.add(batch)
    answer = {"results": [{"id": each.id, "status": each.status, "code": each.code} for each in results]}
    return Response(json.dumps(answer), media_type="application/json")

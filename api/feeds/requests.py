"""POST /v1/feeds/{dealer}/files/{id}/replay, approve and undo; POST …/preview; GET …/requests/{id}."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.feeds.endpoints import BODY, FileId
from api.feeds.problems import (
    DECISION_PROBLEMS,
    EXAMPLE_FILE_ID,
    FEED_REQUEST_NOT_FOUND,
    PREVIEW_PROBLEMS,
    SENDER_PROBLEMS,
)
from api.feeds.request_schemas import FeedRequestRead
from api.feeds.router import router
from api.feeds.uploads import DealerCode, MappingName, PreviewDep
from api.parameters import OptionalParam
from api.rules import request_rules
from serving.feeds.declarations import MANAGE_FEEDS
from serving.feeds.requests import ask_decision, ask_preview, get_request

RequestId = Annotated[UUID, Path(description="The `request_id` of the answer.", examples=[str(EXAMPLE_FILE_ID)])]


@router.post(
    "/files/{file_id}/replay", status_code=202, summary="Read a file again", responses=problems(*DECISION_PROBLEMS)
)
@request_rules(access=MANAGE_FEEDS)
def replay_feed_file(
    dealer: DealerCode, file_id: FileId, session: SessionDep, principal: PrincipalDep
) -> FeedRequestRead:
    """Ask that a stored file be read again with its present mapping; cars that newer files have decided stay."""
    return FeedRequestRead.of(ask_decision(session, principal, dealer, file_id, "replay"))


@router.post(
    "/files/{file_id}/approve", status_code=202, summary="Approve removals", responses=problems(*DECISION_PROBLEMS)
)
@request_rules(access=MANAGE_FEEDS)
def approve_feed_file(
    dealer: DealerCode, file_id: FileId, session: SessionDep, principal: PrincipalDep
) -> FeedRequestRead:
    """Ask that the cars be taken off which were kept because a full feed lacked too many of them."""
    return FeedRequestRead.of(ask_decision(session, principal, dealer, file_id, "approve"))


@router.post("/files/{file_id}/undo", status_code=202, summary="Undo removals", responses=problems(*DECISION_PROBLEMS))
@request_rules(access=MANAGE_FEEDS)
def undo_feed_file(
    dealer: DealerCode, file_id: FileId, session: SessionDep, principal: PrincipalDep
) -> FeedRequestRead:
    """Ask that the cars be brought back which a file took off, except those that newer files call sold."""
    return FeedRequestRead.of(ask_decision(session, principal, dealer, file_id, "undo"))


@router.post(
    "/preview", status_code=202, summary="Preview a file", responses=problems(*PREVIEW_PROBLEMS), openapi_extra=BODY
)
@request_rules(access=MANAGE_FEEDS, streamed=True, content_types=())
def preview_feed_file(
    upload: PreviewDep,
    session: SessionDep,
    state: StateDep,
    principal: PrincipalDep,
    mapping: Annotated[OptionalParam[MappingName], Query(description="Without: the dealer's own.")] = None,
) -> FeedRequestRead:
    """Ask what the delivery of a file would change; nothing is changed, and the file is deleted afterwards."""
    return FeedRequestRead.of(ask_preview(session, state.storage, principal, upload, mapping))


@router.get(
    "/requests/{request_id}",
    summary="Read the state of a request",
    responses=problems(*SENDER_PROBLEMS, FEED_REQUEST_NOT_FOUND),
)
@request_rules(access=MANAGE_FEEDS)
def read_feed_request(
    dealer: DealerCode, request_id: RequestId, session: SessionDep, principal: PrincipalDep
) -> FeedRequestRead:
    """Return what came of a replay, an approval, an undoing or a preview: usually within a few seconds."""
    return FeedRequestRead.of(get_request(session, principal, dealer, request_id))

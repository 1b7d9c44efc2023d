"""PUT, POST and GET /v1/feeds/{dealer}/files, and GET /v1/feeds/{dealer}/files/{id}."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.feeds.problems import DELIVERY_PROBLEMS, EXAMPLE_FILE_ID, FEED_FILE_NOT_FOUND, SENDER_PROBLEMS
from api.feeds.router import router
from api.feeds.schemas import FeedFileList, FeedFileParams, FeedFileRead
from api.feeds.uploads import DealerCode, UploadDep
from api.rules import request_rules
from serving.feeds.service import get_feed_file, keep_upload, list_feed_files

FileId = Annotated[UUID, Path(description="The `file_id` of the delivery.", examples=[str(EXAMPLE_FILE_ID)])]
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself, byte for byte, as the dealer's mapping reads it, plain or compressed.",
        "content": {
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary", "minLength": 1},
                "example": "Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2018,45 lacs\n",
            }
        },
    }
}
_PROBLEMS = problems(*DELIVERY_PROBLEMS)


@router.put("/files", status_code=202, summary="Deliver a file", responses=_PROBLEMS, openapi_extra=BODY)
@router.post(
    "/files", status_code=202, summary="Deliver a file", responses=_PROBLEMS, openapi_extra=BODY, name="post_feed_file"
)
@request_rules(streamed=True, content_types=())
def deliver_feed_file(upload: UploadDep, session: SessionDep, state: StateDep, principal: PrincipalDep) -> FeedFileRead:
    """Keep the file for the next import; nothing of it is read yet.

    The answer leaves after everything is committed: with it in hand the file cannot be lost. Send it again if no
    answer came: the same bytes as the last delivery are that delivery, with the same `file_id`.
    """
    delivery = keep_upload(session, state.storage, principal, upload)
    return FeedFileRead.of(delivery.file, upload.dealer, known=delivery.resent)


@router.get("/files", summary="List the files", responses=problems(*SENDER_PROBLEMS))
def list_files(
    dealer: DealerCode, session: SessionDep, principal: PrincipalDep, params: Annotated[FeedFileParams, Query()]
) -> FeedFileList:
    """List the deliveries with their counts, the newest first."""
    files, cursor = list_feed_files(session, principal, dealer, params.query())
    return FeedFileList(items=[FeedFileRead.of(file, dealer) for file in files], next_cursor=cursor)


@router.get(
    "/files/{file_id}",
    summary="Read the state of a file",
    responses=problems(*SENDER_PROBLEMS, FEED_FILE_NOT_FOUND),
)
def read_feed_file(dealer: DealerCode, file_id: FileId, session: SessionDep, principal: PrincipalDep) -> FeedFileRead:
    """Return counts and the most frequent reasons of rejected rows; or why the whole file was refused."""
    return FeedFileRead.of(get_feed_file(session, principal, dealer, file_id), dealer)

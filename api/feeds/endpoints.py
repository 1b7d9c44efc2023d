"""PUT and POST /v1/feeds/{dealer}/files, and GET /v1/feeds/{dealer}/files/{id}."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from api.deps import SessionDep, StateDep
from api.documented import problems
from api.feeds.problems import DELIVERY_PROBLEMS, EXAMPLE_FILE_ID, FEED_FILE_NOT_FOUND, SENDER_PROBLEMS
from api.feeds.schemas import FeedFileRead
from api.feeds.uploads import UploadDep, UploaderDep
from api.parameters import FILE_NAME
from api.routing import DomainRouter
from api.rules import request_rules
from core.access.tenant import work_for
from serving.feeds.declarations import UPLOAD_FEEDS
from serving.feeds.service import get_feed_file, keep_upload

router = DomainRouter(prefix="/v1/feeds/{dealer}/files", tags=["feeds"], access=UPLOAD_FEEDS)

FileId = Annotated[UUID, Path(description="The `file_id` of the delivery.", examples=[str(EXAMPLE_FILE_ID)])]
FileName = Annotated[
    str,
    Query(min_length=1, max_length=200, description="The file's name, for people.", examples=["stock.csv"]),
    FILE_NAME,
]
_BODY = {
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


@router.put("", status_code=202, summary="Deliver a file", responses=_PROBLEMS, openapi_extra=_BODY)
@router.post(
    "", status_code=202, summary="Deliver a file", responses=_PROBLEMS, openapi_extra=_BODY, name="post_feed_file"
)
@request_rules(streamed=True, content_types=())
def deliver_feed_file(
    sender: UploaderDep, body: UploadDep, session: SessionDep, state: StateDep, name: FileName = "upload"
) -> FeedFileRead:
    """Keep the file for the next import; nothing of it is read yet.

    The answer leaves after everything is committed: with it in hand the file cannot be lost. Send it again if no
    answer came: the same bytes as the last delivery are that delivery, with the same `file_id`.
    """
    work_for(session, sender.principal)
    delivery = keep_upload(session, state.storage, dealer=sender.dealer, name=name, data=body)
    return FeedFileRead.of(delivery.file, known=delivery.resent)


@router.get(
    "/{file_id}",
    summary="Read the state of a file",
    responses=problems(*SENDER_PROBLEMS, FEED_FILE_NOT_FOUND),
)
def read_feed_file(sender: UploaderDep, file_id: FileId, session: SessionDep) -> FeedFileRead:
    """Return counts and the most frequent reasons of rejected rows; or why the whole file was refused."""
    work_for(session, sender.principal)
    return FeedFileRead.of(get_feed_file(session, sender.dealer, file_id))

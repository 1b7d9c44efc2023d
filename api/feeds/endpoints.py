"""PUT and POST /v1/feeds/{dealer}/files, and GET /v1/feeds/{dealer}/files/{id}."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator

from api.deps import PartsDep, SessionDep
from api.feeds.schemas import FEED_FILE_EXAMPLE, FeedFileRead
from api.feeds.uploads import SpooledBodyDep, UploaderDep
from api.openapi import problems
from api.parameters import file_name
from core.clock import utc_now
from pipelines.feeds.deliveries.upload import Upload, register_upload
from serving.feeds.service import get_feed_file

router = APIRouter(prefix="/v1/feeds/{dealer}/files", tags=["feeds"])

FileId = Annotated[UUID, Path(description="The `file_id` of the delivery.", examples=[FEED_FILE_EXAMPLE["file_id"]])]
FileName = Annotated[
    str,
    Query(min_length=1, max_length=200, description="The file's name, for people.", examples=["stock.csv"]),
    AfterValidator(file_name),
]
_BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself, byte for byte: what the dealer's mapping reads, plain or compressed.",
        "content": {
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary"},
                "example": "Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2018,45 lacs\n",
            }
        },
    }
}
_PROBLEMS = problems(
    "token_missing",
    "token_refused",
    "file_too_large",
    "not_the_file_itself",
    "upload_too_slow",
    "upload_cut_short",
    "empty_file",
    "no_mapping",
    "invalid_request",
    "no_room",
)


@router.put("", status_code=202, summary="Deliver a file", responses=_PROBLEMS, openapi_extra=_BODY)
@router.post(
    "", status_code=202, summary="Deliver a file", responses=_PROBLEMS, openapi_extra=_BODY, name="post_feed_file"
)
def deliver_feed_file(
    dealer: UploaderDep, body: SpooledBodyDep, session: SessionDep, opened: PartsDep, name: FileName = "upload"
) -> FeedFileRead:
    """The file is kept and waits for the next import; nothing of it is read yet.

    The answer leaves after everything is committed: with it in hand the file cannot be lost. Send it again if no
    answer came: the same bytes as the last delivery are that delivery, with the same `file_id`.
    """
    found = register_upload(session, opened.storage, Upload(dealer, name, body), utc_now())
    return FeedFileRead.of(found.file, known=found.resent)


@router.get(
    "/{file_id}",
    summary="What became of a file",
    responses=problems("token_missing", "token_refused", "feed_file_not_found", "invalid_request"),
)
def read_feed_file(dealer: UploaderDep, file_id: FileId, session: SessionDep) -> FeedFileRead:
    """Counts, and the most frequent reasons of rejected rows; or why the whole file was refused."""
    return FeedFileRead.of(get_feed_file(session, dealer, file_id))

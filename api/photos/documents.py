"""GET, POST and DELETE /v1/listings/{listing_id}/documents."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Path
from starlette.responses import Response

from api.contract.documented import merged, problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.parameters import ListingId
from api.photos.addresses import DeskDep
from api.photos.images import image_contract, image_response
from api.photos.problems import (
    CONFIRM_DOCUMENT_PROBLEMS,
    DOCUMENT_PROBLEMS,
    LISTING_PROBLEMS,
    OPEN_PROBLEMS,
    READ_DOCUMENT_PROBLEMS,
)
from api.photos.router import router
from api.photos.schemas import (
    EXAMPLE_PHOTO_ID,
    DocumentCreate,
    DocumentList,
    DocumentRead,
    DocumentUploadRead,
    UploadRead,
)
from api.routing import caller_transaction
from api.rules import request_rules
from serving.photos.declarations import MANAGE_DOCUMENTS, READ_DOCUMENTS
from serving.photos.documents import delete_document, find_document, listing_documents, open_document, read_document
from serving.photos.uploading.confirming import Confirmation, confirm_document
from serving.photos.uploading.uploads import open_upload

_PATH = "/v1/listings/{listing_id}/documents"
DocumentId = Annotated[UUID, Path(description="The document's id.", examples=[EXAMPLE_PHOTO_ID])]


@router.get(_PATH, summary="List the documents of a car", responses=problems(*LISTING_PROBLEMS))
@request_rules(access=READ_DOCUMENTS)
def read_documents(listing_id: ListingId, session: SessionDep, principal: PrincipalDep) -> DocumentList:
    """List the documents of a car, for its owner and moderators alone."""
    views = listing_documents(session, principal, listing_id)
    return DocumentList(documents=[DocumentRead.of(view) for view in views])


@router.post(_PATH, status_code=201, summary="Add a document", responses=problems(*OPEN_PROBLEMS))
@request_rules(access=MANAGE_DOCUMENTS)
def add_document(
    listing_id: ListingId, body: DocumentCreate, session: SessionDep, principal: PrincipalDep, desk: DeskDep
) -> DocumentUploadRead:
    """Give an address to upload the picture of a paper to, good for 15 minutes; then confirm."""
    address = open_upload(session, desk, principal, listing_id, body.wanted())
    return DocumentUploadRead(document_id=address.id, upload=UploadRead.of(address))


@router.post(
    f"{_PATH}/{{document_id}}/confirm",
    summary="Confirm an upload of a document",
    responses=problems(*CONFIRM_DOCUMENT_PROBLEMS),
)
@request_rules(access=MANAGE_DOCUMENTS)
async def confirm(
    listing_id: ListingId, document_id: DocumentId, state: StateDep, principal: PrincipalDep, desk: DeskDep
) -> DocumentRead:
    """Check what was uploaded as a photo is checked, and keep it without metadata."""
    wanted = Confirmation(principal, listing_id, document_id, "document")
    await state.threads.run(partial(confirm_document, state.sessions, desk, wanted))

    def read() -> DocumentRead:
        with caller_transaction(state.sessions) as session:
            return DocumentRead.of(find_document(session, principal, listing_id, document_id, MANAGE_DOCUMENTS))

    return await state.threads.run(read)


@router.get(
    f"{_PATH}/{{document_id}}",
    summary="See a document",
    response_class=Response,
    responses=merged(image_contract("image/jpeg"), problems(*READ_DOCUMENT_PROBLEMS)),
)
@request_rules(access=READ_DOCUMENTS)
def show_document(
    listing_id: ListingId, document_id: DocumentId, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> Response:
    """Return the picture of a document; it is not to be cached, and each look is in the audit trail."""
    found = open_document(session, principal, listing_id, document_id)
    return image_response(read_document(state.storage, found), "document.jpg", "private, no-store")


@router.delete(
    f"{_PATH}/{{document_id}}", status_code=204, summary="Delete a document", responses=problems(*DOCUMENT_PROBLEMS)
)
@request_rules(access=MANAGE_DOCUMENTS)
def remove(listing_id: ListingId, document_id: DocumentId, session: SessionDep, principal: PrincipalDep) -> None:
    """Delete a document; it is not shown from then on."""
    delete_document(session, principal, listing_id, document_id)

"""POST and GET /v1/leads/{lead_id}/attachments.

A file is checked once its sender is known and before the session of the endpoint has a connection: none is held while a
picture is drawn anew.
"""

from functools import partial
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import Body, Depends, Header, Path, Query
from starlette.responses import Response

from api.contract.documented import merged, problems
from api.deps import AppState, CallerDep, PrincipalDep, SessionDep, StateDep
from api.leads.attach_schemas import EXAMPLE_ATTACHMENT_ID, AttachParams, LeadAttachmentRead
from api.leads.problems import ATTACH_PROBLEMS, ATTACHMENT_PROBLEMS
from api.leads.router import LeadId, router
from api.rules import request_rules
from core.clock import utc_now
from serving.leads.declarations import ATTACH_FILES, READ_LEADS
from serving.leads.desk.attaching import (
    MOST_BYTES,
    PDF,
    AttachedFile,
    attach,
    checked_file,
    may_attach,
    read_attachment,
)
from serving.leads.desk.working import Working

CONTENT_TYPES = (PDF, "image/jpeg", "image/png", "image/webp")
_PATH = "/v1/leads/{lead_id}/attachments"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}
_FILE = {"schema": {"type": "string", "format": "binary"}, "example": "…"}
_ANSWER: dict[int | str, dict[str, object]] = {
    200: {"description": "The file, to be kept and not to be shown.", "content": {PDF: _FILE, "image/jpeg": _FILE}}
}
_EXAMPLE = {
    "requestBody": {"required": True, "content": {PDF: {"example": "%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"}}}
}
Sent = Annotated[
    bytes, Body(media_type=PDF, description="The file itself, byte for byte, 5 MiB at most: PDF, JPEG, PNG or WebP.")
]
AttachmentId = Annotated[UUID, Path(description="The file's id.", examples=[str(EXAMPLE_ATTACHMENT_ID)])]


async def known_sender(lead_id: LeadId, state: StateDep, known: CallerDep) -> AppState:
    """Return the opened parts, where the caller may add files to the lead."""
    await known.ask_first(lambda session, principal: may_attach(session, principal, lead_id))
    return state


async def attached_file(
    state: Annotated[AppState, Depends(known_sender)],
    params: Annotated[AttachParams, Query()],
    body: Sent = b"",
    content_type: Annotated[str, Header(include_in_schema=False)] = PDF,
) -> AttachedFile:
    """Check the file, once it is known that its sender may add it."""
    announced = content_type.split(";")[0].strip().lower()
    named = params.name or "file"
    checked = await state.threads.run(partial(checked_file, body, announced, named, state.settings.spool_dir))
    return AttachedFile(*checked, for_buyer=params.for_buyer)


AttachedDep = Annotated[AttachedFile, Depends(attached_file)]


@router.post(
    _PATH,
    status_code=201,
    summary="Add a file to a lead",
    responses=problems(*ATTACH_PROBLEMS),
    openapi_extra=_EXAMPLE,
)
@request_rules(access=ATTACH_FILES, idempotent=True, content_types=CONTENT_TYPES, max_body_bytes=MOST_BYTES)
def add(
    lead_id: LeadId, file: AttachedDep, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> LeadAttachmentRead:
    """Add a picture or a PDF to a lead: the desk for itself or for the buyer, a buyer to the own lead.

    Pictures are drawn anew without metadata. Each side adds 20 files to a lead at most. A file is no answer: it stops
    no clock.
    """
    working = Working(session, state.identity.keys, principal, utc_now())
    return LeadAttachmentRead.of(attach(working, lead_id, file))


@router.get(
    f"{_PATH}/{{attachment_id}}",
    summary="Get a file of a lead",
    response_class=Response,
    responses=merged(_ANSWER, problems(*ATTACHMENT_PROBLEMS)),
)
@request_rules(access=READ_LEADS)
def get(
    lead_id: LeadId, attachment_id: AttachmentId, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> Response:
    """Get a file of a lead; a buyer gets what the buyer sent, and what was added for the buyer."""
    file = read_attachment(Working(session, state.identity.keys, principal, utc_now()), lead_id, attachment_id)
    told = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(file.name, safe='')}"}
    return Response(file.data, media_type=file.content_type, headers=_HEADERS | told)

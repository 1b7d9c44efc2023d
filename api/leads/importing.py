"""POST /v1/leads/import."""

from typing import Annotated

from fastapi import Body

from api.contract.documented import problems
from api.deps import OrgCode, PrincipalDep, SessionDep, StateDep
from api.leads.import_schemas import LeadsImported
from api.leads.problems import IMPORT_PROBLEMS
from api.leads.router import router
from api.rules import request_rules
from core.clock import utc_now
from serving.leads.declarations import IMPORT_LEADS
from serving.leads.intake.importing import MOST_BYTES, Delivery, import_leads

CONTENT_TYPES = ("application/xml", "text/xml", "application/x-adf+xml", "message/rfc822", "text/plain")
_EXAMPLE = (
    '<?xml version="1.0"?>\n<adf><prospect><id sequence="1" source="portal">4711</id>'
    '<vehicle interest="buy"><year>2018</year><make>Toyota</make><model>Corolla</model><stock>K1</stock></vehicle>'
    '<customer><contact><name part="full">Bilal Ahmed</name><phone>0300 1234567</phone></contact>'
    "<comments>Is it still there?</comments></customer></prospect></adf>"
)
Sent = Annotated[
    bytes,
    Body(media_type="application/xml", description="An ADF 1.0 document, or a whole mail with its headers."),
]


@router.post(
    "/v1/leads/import",
    summary="Bring in leads of another system",
    responses=problems(*IMPORT_PROBLEMS),
    openapi_extra={"requestBody": {"content": {"application/xml": {"example": _EXAMPLE}}}},
)
@request_rules(access=IMPORT_LEADS, content_types=CONTENT_TYPES, max_body_bytes=MOST_BYTES)
def import_message(
    body: Sent,
    session: SessionDep,
    principal: PrincipalDep,
    state: StateDep,
    org: OrgCode = None,
) -> LeadsImported:
    """Make leads of an ADF document or a mail, for the organisation of the caller's credential.

    Reading is lenient: what cannot be read is one lead with its raw text. The same message again is the same lead.
    """
    delivery = Delivery(body, org, utc_now())
    return LeadsImported.of(import_leads(session, state.identity.keys, principal, delivery))

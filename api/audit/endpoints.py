"""GET /v1/audit."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from api.audit.problems import PROBLEMS
from api.audit.schemas import EXAMPLE_RECORD_ID, AuditTrail
from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep
from api.parameters import WHOLE, OptionalParam, TextRule
from api.routing import DomainRouter
from api.rules import request_rules
from serving.audit.declarations import READ_AUDIT
from serving.audit.service import MAX_LIMIT, read_trail

router = DomainRouter(tags=["audit"])

Subject = Annotated[
    str,
    Query(min_length=3, max_length=200, description="The thing, as `<kind>:<id>`.", examples=["listing:7f9c24e5"]),
    TextRule(r"^[^:\u0000]+:[^\u0000]+$", "a subject is a kind and an id with a colon between them"),
]
Before = Annotated[
    OptionalParam[UUID], Query(description="`next_before` of the page before.", examples=[EXAMPLE_RECORD_ID])
]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT), WHOLE, Query(description="Most records in the answer.")]


@router.get("/v1/audit", summary="Who did what to a thing", responses=problems(*PROBLEMS))
@request_rules(access=READ_AUDIT)
def read_audit(
    subject: Subject, session: SessionDep, principal: PrincipalDep, before: Before = None, limit: Limit = 50
) -> AuditTrail:
    """List the acts on a thing, the newest first: those on the caller's organisation's things, for staff all."""
    return AuditTrail.of(read_trail(session, principal, subject, before=before, limit=limit), limit)

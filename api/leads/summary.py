"""GET /v1/leads/summary and GET /v1/leads/export."""

from typing import Annotated

from fastapi import Query, Response

from api.deps import PrincipalDep, SessionDep, StateDep
from api.documented import Responses, problems
from api.leads.problems import SUMMARY_PROBLEMS
from api.leads.router import router
from api.leads.summary_schemas import ExportParams, LeadExport, LeadsSummaryRead, SummaryParams
from api.rules import request_rules
from core.clock import utc_now
from serving.leads.declarations import EXPORT_LEADS, MEASURE_LEADS
from serving.leads.exporting import COLUMNS, as_csv, export_leads
from serving.leads.summary import summarise
from serving.leads.working import Working

_EXAMPLE = ",".join(COLUMNS) + "\r\n" + "," * (len(COLUMNS) - 1) + "\r\n"
_CSV: Responses = {200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": _EXAMPLE}}}}


@router.get("/v1/leads/summary", summary="Counts and response times", responses=problems(*SUMMARY_PROBLEMS))
@request_rules(access=MEASURE_LEADS)
def read_summary(
    session: SessionDep, principal: PrincipalDep, params: Annotated[SummaryParams, Query()]
) -> LeadsSummaryRead:
    """Count leads by state, and tell response times by person, branch and hour of the day."""
    return LeadsSummaryRead.of(summarise(session, principal, params.query(), utc_now()))


@router.get(
    "/v1/leads/export",
    summary="Export leads",
    responses=problems(*SUMMARY_PROBLEMS) | _CSV,
    response_model=LeadExport,
)
@request_rules(access=EXPORT_LEADS)
def export(
    session: SessionDep, state: StateDep, principal: PrincipalDep, params: Annotated[ExportParams, Query()]
) -> LeadExport | Response:
    """Export leads with the buyers' contacts, as JSON or CSV, for another system; it is recorded."""
    rows = export_leads(Working(session, state.identity.keys, principal, utc_now()), params.query())
    if params.format == "csv":
        headers = {"content-disposition": 'attachment; filename="leads.csv"'}
        return Response(as_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
    return LeadExport.of(rows)

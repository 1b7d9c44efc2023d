"""GET /v1/leads/summary and GET /v1/leads/export."""

from typing import Annotated

from fastapi import Query, Response

from api.contract.documented import Responses, problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.leads.problems import EXPORT_PROBLEMS, SUMMARY_PROBLEMS
from api.leads.router import router
from api.leads.summary_schemas import ExportParams, LeadExport, LeadsSummaryRead, SummaryParams
from api.rules import request_rules
from core.clock import utc_now
from serving.leads.declarations import EXPORT_LEADS, MEASURE_LEADS
from serving.leads.desk.exporting import COLUMNS, as_adf, as_csv, export_leads
from serving.leads.desk.summary import summarise
from serving.leads.desk.working import Working

_EXAMPLE = ",".join(COLUMNS) + "\r\n" + "," * (len(COLUMNS) - 1) + "\r\n"
_TEXT = {"type": "string"}
_ADF = '<?xml version="1.0" encoding="UTF-8"?>\n<?adf version="1.0"?>\n<adf><prospect status="new">…</prospect></adf>\n'
_CSV: Responses = {
    200: {
        "content": {
            "text/csv": {"schema": _TEXT, "example": _EXAMPLE},
            "application/xml": {"schema": _TEXT, "example": _ADF},
        }
    }
}


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
    responses=problems(*EXPORT_PROBLEMS) | _CSV,
    response_model=LeadExport,
)
@request_rules(access=EXPORT_LEADS)
def export(
    session: SessionDep, state: StateDep, principal: PrincipalDep, params: Annotated[ExportParams, Query()]
) -> LeadExport | Response:
    """Export leads with the buyers' contacts, as JSON, CSV or ADF/XML, for another system; it is recorded."""
    working = Working(session, state.identity.keys, principal, utc_now())
    rows = export_leads(working, params.query())
    if params.format == "adf":
        headers = {"content-disposition": 'attachment; filename="leads.xml"'}
        return Response(as_adf(working, rows), media_type="application/xml", headers=headers)
    if params.format == "csv":
        headers = {"content-disposition": 'attachment; filename="leads.csv"'}
        return Response(as_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
    return LeadExport.of(rows)

"""GET /v1/feeds/{dealer}/files/{id}/report: the report of a file as a page or JSON, or its rejected rows as CSV."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from fastapi.responses import HTMLResponse, Response

from api.contract.documented import merged, problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.feeds.endpoints import FileId
from api.feeds.problems import DECISION_PROBLEMS
from api.feeds.report_schemas import FileReportRead
from api.feeds.router import router
from api.feeds.uploads import DealerCode
from core.storage import StorageUnavailableError
from serving.feeds.report.page import POLICY, report_of, report_page
from serving.feeds.report.rejects_csv import rejects_csv

_TEXT = {"type": "string"}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page, JSON or CSV.",
        "content": {
            "text/html": {"schema": _TEXT, "example": "<h1>…</h1>"},
            "text/csv": {"schema": _TEXT, "example": "row,code,column,value,what to do,Stock No\r\n"},
        },
    }
}
_HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


async def _form(
    language: Annotated[Literal["en", "ur"], Query(description="English or Urdu.", examples=["ur"])] = "en",
    kind: Annotated[
        Literal["html", "json", "csv"],
        Query(alias="format", description="`json`: what the page shows. `csv`: all rejected rows.", examples=["csv"]),
    ] = "html",
) -> tuple[str, str]:
    return language, kind


async def _named(dealer: DealerCode, file_id: FileId) -> tuple[str, Any]:
    return dealer, file_id


@router.get(
    "/files/{file_id}/report",
    summary="The report of a file",
    response_model=FileReportRead,
    responses=merged(_ANSWERS, problems(*DECISION_PROBLEMS, StorageUnavailableError())),
)
def read_feed_report(
    named: Annotated[tuple[str, Any], Depends(_named)],
    session: SessionDep,
    state: StateDep,
    principal: PrincipalDep,
    form: Annotated[tuple[str, str], Depends(_form)],
) -> Response:
    """Return a page for the dealer: counts, what to correct and how, and the cars kept until it decides."""
    language, kind = form
    if kind == "csv":
        rows = rejects_csv(session, state.storage, principal, named, language)
        return Response(rows, media_type="text/csv; charset=utf-8", headers=_HEADERS)
    report = report_of(session, principal, *named)
    if kind == "json":
        told = FileReportRead.of(report, named[0], language)
        return Response(told.model_dump_json(), media_type="application/json", headers=_HEADERS)
    return HTMLResponse(report_page(report, language), headers=_HEADERS)

"""GET of what is told of counted events: to dealers, to the owner of a listing, and to everybody."""

from typing import Annotated

from fastapi import Query, Response

from api.contract.documented import Responses, problems
from api.deps import PrincipalDep, SessionDep
from api.engagement.problems import ANALYTICS_PROBLEMS, STATISTICS_PROBLEMS
from api.engagement.product_parameters import AnalyticsParams, DaysParams, DemandParams
from api.engagement.product_schemas import ActivityRead, AnalyticsRead, DemandRead
from api.engagement.router import router
from api.identity.org_parameters import OrgPath
from api.parameters import ListingId
from api.rules import PUBLIC, request_rules
from core.clock import market_today
from serving.engagement.analytics import as_csv, read_analytics, read_statistics
from serving.engagement.benchmarks import read_demand
from serving.engagement.declarations import READ_ANALYTICS, READ_STATISTICS
from serving.engagement.figures import NAMES
from serving.engagement.funnels import funnel_csv

_EXAMPLE = ",".join(("key", *NAMES)) + "\r\n" + "total" + ",0" * len(NAMES) + "\r\n"
_CSV: Responses = {200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": _EXAMPLE}}}}


@router.get(
    "/v1/orgs/{code}/analytics",
    summary="A dealer's dashboard",
    responses=problems(*ANALYTICS_PROBLEMS) | _CSV,
    response_model=AnalyticsRead,
)
@request_rules(access=READ_ANALYTICS)
def read_dashboard(
    code: OrgPath, session: SessionDep, principal: PrincipalDep, params: Annotated[AnalyticsParams, Query()]
) -> AnalyticsRead | Response:
    """Tell what shoppers did with an organisation's cars, how fast it answers, and how its stock stands.

    Roles that are narrowed to branches see those branches. The stock is that of now, the benchmarks are of the whole
    month in which the range ends.
    """
    found = read_analytics(session, principal, params.query(code), market_today())
    if params.format == "csv":
        lines = funnel_csv(found.funnel) if params.table == "funnel" else as_csv(found.activity)
        headers = {"content-disposition": f'attachment; filename="{params.file_name()}"'}
        return Response(lines, media_type="text/csv; charset=utf-8", headers=headers)
    return AnalyticsRead.of(found)


@router.get(
    "/v1/listings/{listing_id}/statistics",
    summary="What shoppers did with a listing",
    responses=problems(*STATISTICS_PROBLEMS),
)
@request_rules(access=READ_STATISTICS)
def statistics(
    listing_id: ListingId, session: SessionDep, principal: PrincipalDep, params: Annotated[DaysParams, Query()]
) -> ActivityRead:
    """Tell those who offer a car what shoppers did with it, by day; a foreign listing is answered as a missing one."""
    return ActivityRead.of(read_statistics(session, principal, listing_id, params.days()))


@router.get("/v1/market-demand", summary="Demand in a cell of the market")
@request_rules(access=PUBLIC)
def market_demand(session: SessionDep, params: Annotated[DemandParams, Query()]) -> DemandRead:
    """Tell how much cars are looked at, how fast they sell, and how often prices drop, in a month.

    A figure rests on public cars of at least five sellers besides whoever reads it, none of which has more than half.
    """
    return DemandRead.of(params.cell(), read_demand(session, params.cell(), params.days()))

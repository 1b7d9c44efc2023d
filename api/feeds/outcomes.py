"""GET /v1/feeds/{dealer}/files/{id}/rejects and removals."""

from typing import Annotated

from fastapi import Query

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep
from api.feeds.endpoints import FileId
from api.feeds.outcome_schemas import PageParams, RejectList, RejectRead, RemovalList, RemovalRead
from api.feeds.problems import DECISION_PROBLEMS
from api.feeds.router import router
from api.feeds.uploads import DealerCode
from serving.feeds.outcomes import list_rejects, list_removals

_PROBLEMS = problems(*DECISION_PROBLEMS)


@router.get("/files/{file_id}/rejects", summary="List the rejected rows", responses=_PROBLEMS)
def list_feed_rejects(
    dealer: DealerCode,
    file_id: FileId,
    session: SessionDep,
    principal: PrincipalDep,
    params: Annotated[PageParams, Query()],
) -> RejectList:
    """List the rows that did not become cars, each with its reason and what to do about it."""
    rows, cursor = list_rejects(session, principal, dealer, file_id, params.page())
    return RejectList(items=[RejectRead.of(row) for row in rows], next_cursor=cursor)


@router.get("/files/{file_id}/removals", summary="List the removals", responses=_PROBLEMS)
def list_feed_removals(
    dealer: DealerCode,
    file_id: FileId,
    session: SessionDep,
    principal: PrincipalDep,
    params: Annotated[PageParams, Query()],
) -> RemovalList:
    """List the cars that the file took off, those that were kept until somebody approves, and those brought back."""
    rows, cursor = list_removals(session, principal, dealer, file_id, params.page())
    return RemovalList(items=[RemovalRead.model_validate(row) for row in rows], next_cursor=cursor)

"""GET, POST, PATCH and DELETE /v1/saved-searches."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from api.contract.documented import problems
from api.deps import AudienceDep, PrincipalDep, SessionDep, StateDep
from api.rules import request_rules
from api.search.problems import CHANGE, DELETE, OWN, SAVE
from api.search.router import router
from api.search.saved_schemas import (
    EXAMPLE_SEARCH_ID,
    SavedSearchCreate,
    SavedSearchList,
    SavedSearchRead,
    SavedSearchUpdate,
)
from core.clock import utc_now
from serving.search.saved.keeping import change_search, delete_search, own_searches, save_search

SearchId = Annotated[UUID, Path(description="A search of the list.", examples=[EXAMPLE_SEARCH_ID])]


@router.get("/v1/saved-searches", summary="My saved searches", responses=problems(*OWN))
def list_searches(session: SessionDep, principal: PrincipalDep) -> SavedSearchList:
    """List the caller's saved searches, the newest first."""
    return SavedSearchList(items=[SavedSearchRead.of(row) for row in own_searches(session, principal)])


@router.post("/v1/saved-searches", status_code=201, summary="Save a search", responses=problems(*SAVE))
@request_rules(idempotent=True)
def add_search(
    body: SavedSearchCreate, session: SessionDep, state: StateDep, principal: PrincipalDep, audience: AudienceDep
) -> SavedSearchRead:
    """Keep a search, and tell the caller of cars that come on offer and of prices that fall.

    A car is told of once a search as new, and once for each lower price; cars of the caller and of its organisations
    are not. `channel` and `org` have the same meaning as in `GET /v1/listings`.
    """
    return SavedSearchRead.of(save_search(session, state.search, principal, body.given(audience), utc_now()))


@router.patch("/v1/saved-searches/{search_id}", summary="Change a saved search", responses=problems(*CHANGE))
def edit_search(
    search_id: SearchId, body: SavedSearchUpdate, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> SavedSearchRead:
    """Change name, search or alerts; channel and organisation stay.

    A search that asks for something else begins anew: cars that were on offer before are not new to it.
    """
    change = body.change(search_id)
    return SavedSearchRead.of(change_search(session, state.search, principal, change, utc_now()))


@router.delete(
    "/v1/saved-searches/{search_id}", status_code=204, summary="Delete a saved search", responses=problems(*DELETE)
)
def remove_search(search_id: SearchId, session: SessionDep, principal: PrincipalDep) -> None:
    """Delete a saved search, with all that it told of."""
    delete_search(session, principal, search_id)

"""GET and DELETE /v1/me/recent-searches."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep
from api.search.problems import FORGET, OWN
from api.search.router import router
from core.db.tables.recent_searches import RecentSearch
from serving.search.recent import forget_searches, own_recent

_EXAMPLE_ID = "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5e"
_KEPT: dict[str, Any] = {"search_id": _EXAMPLE_ID, "q": "civic 25 lac tak", "searched_at": "2026-03-02T04:30:00Z"}
SearchId = Annotated[UUID, Path(description="A search of the list.", examples=[_EXAMPLE_ID])]


class RecentSearchRead(BaseModel):
    """Words that the caller searched for."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEPT]})

    search_id: UUID
    q: str
    searched_at: datetime

    @classmethod
    def of(cls, row: RecentSearch) -> Self:
        """Describe a row."""
        return cls(search_id=row.id, q=row.text, searched_at=row.searched_at)


class RecentSearchList(BaseModel):
    """The caller's recent searches, the last one first; 20 at most, none older than 90 days."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_KEPT]}]})

    items: list[RecentSearchRead]


@router.get("/v1/me/recent-searches", summary="My recent searches", responses=problems(*OWN))
def list_recent(session: SessionDep, principal: PrincipalDep) -> RecentSearchList:
    """List the words that the caller has searched for lately with `GET /v1/listings`, the last ones first.

    Nobody else sees them, and nothing is kept of calls with `DNT: 1` or `Sec-GPC: 1`, nor of words with contacts.
    """
    return RecentSearchList(items=[RecentSearchRead.of(row) for row in own_recent(session, principal)])


@router.delete(
    "/v1/me/recent-searches", status_code=204, summary="Forget all my recent searches", responses=problems(*OWN)
)
def forget_all(session: SessionDep, principal: PrincipalDep) -> None:
    """Delete all recent searches of the caller."""
    forget_searches(session, principal)


@router.delete(
    "/v1/me/recent-searches/{search_id}",
    status_code=204,
    summary="Forget a recent search",
    responses=problems(*FORGET),
)
def forget_one(search_id: SearchId, session: SessionDep, principal: PrincipalDep) -> None:
    """Delete one recent search of the caller."""
    forget_searches(session, principal, search_id)

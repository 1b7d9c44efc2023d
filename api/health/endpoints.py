"""GET /healthz and GET /readyz."""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.contract.documented import problems
from api.contract.problems import NotReadyError, ProblemError
from api.deps import StateDep
from api.health.problems import NOT_READY
from api.routing import DomainRouter
from api.rules import PUBLIC
from core.db.session import SessionFactory
from serving.health.service import background_loops, check_parts, overdue_timers, search_lag

router = DomainRouter(tags=["health"], access=PUBLIC)


class Health(BaseModel):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "up"}]})

    status: Literal["up"]


class SearchLag(BaseModel):
    """Committed changes that the search index has not seen. A lag makes nothing unready; a growing one is an alarm."""

    changes: int
    seconds: float = Field(description="Since when the oldest of them waits.")


class LeadTimers(BaseModel):
    """Warnings, breaches and escalations of leads that are due and were not issued. A growing number is an alarm."""

    due: int
    seconds: float = Field(description="Since when the oldest of them waits.")


class BackgroundLoop(BaseModel):
    """Work that `automart work` does. One that nobody runs makes nothing unready; what it does waits."""

    name: str
    live: bool = Field(description="Whether a process runs it at this moment.")
    failures: int = Field(description="How many times in a row it has failed.")
    code: str | None = Field(
        description="Code of its last failure in a row: of `search.follow`, `index_not_writable` is a full disk."
    )


class Readiness(BaseModel):
    """Every part answers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ready",
                    "parts": ["database", "storage", "search"],
                    "search_lag": {"changes": 0, "seconds": 0.0},
                    "lead_timers": {"due": 0, "seconds": 0.0},
                    "loops": [{"name": "search.follow", "live": True, "failures": 0, "code": None}],
                }
            ]
        }
    )

    status: Literal["ready"]
    parts: list[str]
    search_lag: SearchLag
    lead_timers: LeadTimers
    loops: list[BackgroundLoop]


@router.get("/healthz", summary="Is the process up")
async def healthz() -> Health:
    """Answer without asking any part, on the event loop: a process that does not answer this wants a restart."""
    return Health(status="up")


@router.get("/readyz", summary="Can it answer", responses=problems(NOT_READY))
def readyz(state: StateDep) -> Readiness:
    """Check that database (at the newest schema), storage and search answer; `errors` names the parts that do not.

    It takes its turn among the other requests: a server that is too busy for it is not ready for more.
    """
    checked = check_parts(state.sessions, state.storage, state.search)
    failing = [
        ProblemError(where=one.part, code=one.code, message=one.detail or "") for one in checked if one.code is not None
    ]
    if failing:
        raise NotReadyError(failing)
    lag = search_lag(state.sessions, state.search)
    behind = SearchLag(changes=lag.events, seconds=round(lag.seconds, 1))
    return Readiness(status="ready", parts=[one.part for one in checked], search_lag=behind, **_waiting(state.sessions))


def _waiting(sessions: SessionFactory) -> dict[str, Any]:
    timers = overdue_timers(sessions)
    return {
        "lead_timers": LeadTimers(due=timers.due, seconds=round(timers.oldest_seconds, 1)),
        "loops": [BackgroundLoop(**asdict(one)) for one in background_loops(sessions)],
    }

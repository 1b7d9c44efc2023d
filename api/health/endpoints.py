"""GET /healthz and GET /readyz."""

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.deps import PartsDep
from api.errors import ProblemError, problem_response
from api.openapi import problems
from serving.health.service import background_loops, check_parts, search_lag

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "up"}]})

    status: Literal["up"]


class SearchLag(BaseModel):
    """Committed changes that the search index has not seen. A lag makes nothing unready; a growing one is an alarm."""

    changes: int
    seconds: float = Field(description="Since when the oldest of them waits.")


class BackgroundLoop(BaseModel):
    """Work that `automart work` does. One that nobody runs makes nothing unready; what it does waits."""

    name: str
    live: bool = Field(description="Whether a process runs it at this moment.")
    failures: int = Field(description="How many times in a row it has failed.")


class Readiness(BaseModel):
    """Every part answers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ready",
                    "parts": ["database", "storage", "search"],
                    "search_lag": {"changes": 0, "seconds": 0.0},
                    "loops": [{"name": "search.follow", "live": True, "failures": 0}],
                }
            ]
        }
    )

    status: Literal["ready"]
    parts: list[str]
    search_lag: SearchLag
    loops: list[BackgroundLoop]


@router.get("/healthz", summary="Is the process up", responses=problems())
def healthz() -> Health:
    """Asks nothing of anything: a process that does not answer this wants a restart."""
    return Health(status="up")


@router.get("/readyz", summary="Can it answer", response_model=Readiness, responses=problems("not_ready"))
def readyz(request: Request, opened: PartsDep) -> Any:
    """Whether database (at the newest schema), storage and search answer; `errors` names the parts that do not."""
    checked = check_parts(opened.sessions, opened.storage, opened.search)
    failing = [
        ProblemError(where=one.part, code=one.code, message=one.detail or "") for one in checked if one.code is not None
    ]
    if failing:
        names = ", ".join(one.where for one in failing)
        answer: Response = problem_response(request.scope, 503, "not_ready", f"Not ready: {names}.", failing)
        return answer
    lag = search_lag(opened.sessions, opened.search)
    behind = SearchLag(changes=lag.events, seconds=round(lag.seconds, 1))
    loops = [BackgroundLoop(**asdict(one)) for one in background_loops(opened.sessions)]
    return Readiness(status="ready", parts=[one.part for one in checked], search_lag=behind, loops=loops)

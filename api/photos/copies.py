"""GET /v1/orgs/{code}/photo-copies and the contests of it: photos of a dealer that others show."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep
from api.identity.org_parameters import OrgPath
from api.photos.copies_schemas import (
    ContestCreate,
    ContestDecision,
    ContestList,
    ContestRead,
    CopiesParams,
    CopiesRead,
)
from api.photos.problems import CONTEST_DECISION_PROBLEMS, CONTEST_PROBLEMS, COPIES_PROBLEMS
from api.photos.router import router
from api.photos.schemas import EXAMPLE_PHOTO_ID
from api.rules import request_rules
from serving.photos.declarations import MODERATE_PHOTOS, REPORT_COPIES
from serving.photos.judgement.copies import contest_copy, copies_report, decide_contest, open_contests

ContestId = Annotated[UUID, Path(description="The contest's id.", examples=[EXAMPLE_PHOTO_ID])]


@router.get("/v1/orgs/{code}/photo-copies", summary="Photos that others show", responses=problems(*COPIES_PROBLEMS))
@request_rules(access=REPORT_COPIES)
def read_copies(
    code: OrgPath, session: SessionDep, principal: PrincipalDep, params: Annotated[CopiesParams, Query()]
) -> CopiesRead:
    """List pairs of one's own photos and the same ones of others, with evidence, the newest first.

    "First seen" is by us, and proves nothing of who took a photo. Own branches, cars that were sold on, and pictures
    that very many share are left out, and so is what was contested with success.
    """
    return CopiesRead.of(copies_report(session, principal, code, first=params.first_seen == "here"))


@router.post(
    "/v1/orgs/{code}/photo-contests", status_code=201, summary="Contest a copy", responses=problems(*CONTEST_PROBLEMS)
)
@request_rules(access=REPORT_COPIES)
def contest(code: OrgPath, body: ContestCreate, session: SessionDep, principal: PrincipalDep) -> ContestRead:
    """Contest that one's own photo, first seen elsewhere, is a copy of that dealer's; a moderator decides."""
    return ContestRead.of(contest_copy(session, principal, code, body.contested()))


@router.get("/v1/photo-contests", summary="Contests that wait for a person")
@request_rules(access=MODERATE_PHOTOS)
def read_contests(session: SessionDep, principal: PrincipalDep) -> ContestList:
    """List the open contests, the oldest first; at most 100."""
    return ContestList(items=[ContestRead.of(each) for each in open_contests(session, principal)])


@router.post(
    "/v1/photo-contests/{contest_id}/decision",
    summary="Decide a contest",
    responses=problems(*CONTEST_DECISION_PROBLEMS),
)
@request_rules(access=MODERATE_PHOTOS)
def decide_copy(
    contest_id: ContestId, body: ContestDecision, session: SessionDep, principal: PrincipalDep
) -> ContestRead:
    """Take the pair out of both dealers' reports, or leave it there; the contest cannot be repeated."""
    return ContestRead.of(decide_contest(session, principal, contest_id, grant=body.decision == "grant"))

"""Report the photos of a dealer that other dealers show, take contests of what is said there, and decide them.

A report says which photo was first seen by us, and no more. Whoever is said to show another dealer's photo can
contest that; the pair stays in the reports, marked, until a moderator decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from core.access.permissions import require
from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Org
from core.db.tables.photo_pairs import PhotoContest
from pipelines.photos.pairs.report import MOST, PhotoCopy, photo_copies, photo_copy
from serving.identity.orgs.orgs import find_org
from serving.photos.declarations import MODERATE_PHOTOS, REPORT_COPIES
from serving.photos.errors import ContestNotFoundError, ContestNotOpenError, CopyContestedError, CopyNotFoundError

__all__ = [
    "ContestView", "ContestedCopy", "CopiesReport", "PhotoCopy", "contest_copy", "copies_report", "decide_contest",
    "open_contests",
]  # fmt: skip
MOST_CONTESTS = 100


@dataclass(frozen=True)
class CopiesReport:
    """The newest lines of a report; `has_more` where there are older ones."""

    items: Sequence[PhotoCopy]
    has_more: bool


@dataclass(frozen=True)
class ContestView:
    """A contest: `org` says that its photo is no stolen copy of that of `other_org`."""

    id: UUID
    org: str
    photo_id: UUID
    other_org: str
    other_photo_id: UUID
    reason: str
    state: str
    created_at: datetime
    decided_at: datetime | None


def copies_report(session: Session, principal: Principal, org_code: str, *, first: bool) -> CopiesReport:
    """Report photos of an organisation that others show, and that were first seen there, or else elsewhere.

    Raises:
        ForbiddenError, UnknownOrgError: see `find_org`.
    """
    org = find_org(session, principal, org_code, REPORT_COPIES)
    with platform_step(session, Step.COPIES):
        found = photo_copies(session, org.id, first=first, most=MOST + 1)
    return CopiesReport(found[:MOST], len(found) > MOST)


@dataclass(frozen=True)
class ContestedCopy:
    """The line of the report that is contested, and why."""

    photo_id: UUID
    other_photo_id: UUID
    reason: str


def contest_copy(session: Session, principal: Principal, org_code: str, contested: ContestedCopy) -> ContestView:
    """Contest that a photo is a stolen copy of the other one.

    Raises:
        ForbiddenError, UnknownOrgError: see `find_org`.
        CopyNotFoundError: the report does not say so.
        CopyContestedError: these two photos were contested before.
    """
    org = find_org(session, principal, org_code, REPORT_COPIES)
    with platform_step(session, Step.COPIES):
        line = photo_copy(session, org.id, contested.photo_id, contested.other_photo_id)
    if line is None:
        raise CopyNotFoundError
    statement = (
        insert(PhotoContest)
        .values(
            content_id=line.content_id, other_content_id=line.other_content_id, photo_id=line.photo_id,
            other_photo_id=line.other_photo_id, org_id=org.id, other_org_id=line.other_org_id, reason=contested.reason,
        )
        .on_conflict_do_nothing()
        .returning(PhotoContest.id)
    )  # fmt: skip
    made = session.scalar(statement)
    if made is None:
        raise CopyContestedError
    after = {"photo_id": str(line.photo_id), "other_photo_id": str(line.other_photo_id), "reason": contested.reason}
    record(session, Actor.of(principal), Act("photos.contest", "photo_contest", str(made), org.id, after=after))
    return _views(session, PhotoContest.id == made)[0]


def open_contests(session: Session, principal: Principal) -> list[ContestView]:
    """List the contests that wait for a moderator, the oldest first.

    Raises:
        ForbiddenError: the caller may not decide them.
    """
    require(principal, MODERATE_PHOTOS)
    return _views(session, PhotoContest.state == "open")


def decide_contest(session: Session, principal: Principal, contest_id: UUID, *, grant: bool) -> ContestView:
    """Decide a contest; a granted one takes the pair out of both reports.

    Raises:
        ForbiddenError: the caller may not decide them.
        ContestNotFoundError, ContestNotOpenError: as they say.
    """
    require(principal, MODERATE_PHOTOS)
    row = session.scalars(select(PhotoContest).filter_by(id=contest_id).with_for_update(of=PhotoContest)).first()
    if row is None:
        raise ContestNotFoundError
    if row.state != "open":
        raise ContestNotOpenError
    row.state, row.decided_at = ("granted" if grant else "refused"), func.now()
    session.flush()
    act = Act("photos.decide_contest", "photo_contest", str(row.id), row.org_id, after={"state": row.state})
    record(session, Actor.of(principal), act)
    return _views(session, PhotoContest.id == contest_id)[0]


def _views(session: Session, condition: object) -> list[ContestView]:
    own, other = aliased(Org), aliased(Org)
    query = (
        select(PhotoContest, own.code, other.code)
        .join(own, own.id == PhotoContest.org_id)
        .join(other, other.id == PhotoContest.other_org_id)
        .where(condition)  # type: ignore[arg-type]
        .order_by(PhotoContest.created_at, PhotoContest.id)
        .limit(MOST_CONTESTS)
        .execution_options(populate_existing=True)
    )
    return [
        ContestView(
            row.id, org, row.photo_id, other_org, row.other_photo_id, row.reason, row.state, row.created_at,
            row.decided_at,
        )
        for row, org, other_org in session.execute(query)
    ]  # fmt: skip

"""The audit trail of a thing, for those who may read it."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.audit import AuditRecord
from core.errors import ForbiddenError
from serving.audit.service import BadSubjectError, read_trail

KHAN, OTHER = uuid4(), uuid4()


def holding(role: Role, org: UUID) -> Principal:
    return Principal(user_id=uuid4(), memberships=(Membership(org, "org", role),))


@pytest.fixture
def written(session: Session) -> list[UUID]:
    acts = [
        Act("listing.create", "listing", "1", KHAN),
        Act("listing.update", "listing", "1", KHAN),
        Act("listing.move", "listing", "1", OTHER),
        Act("listing.update", "listing", "2", KHAN),
    ]
    for act in acts:
        record(session, Actor.system("test"), act)
    return list(session.scalars(select(AuditRecord.id).order_by(AuditRecord.id)))


def test_people_of_the_organisation_read_its_records_newest_first(session: Session, written: list[UUID]) -> None:
    trail = read_trail(session, holding(Role.ORG_ADMIN, KHAN), "listing:1")
    assert [row.id for row in trail] == [written[1], written[0]]


def test_staff_of_the_platform_reads_all_records(session: Session, written: list[UUID]) -> None:
    trail = read_trail(session, holding(Role.MODERATOR, uuid4()), "listing:1")
    assert [row.id for row in trail] == [written[2], written[1], written[0]]


def test_older_records_follow_page_by_page(session: Session, written: list[UUID]) -> None:
    moderator = holding(Role.MODERATOR, uuid4())
    assert [row.id for row in read_trail(session, moderator, "listing:1", limit=1)] == [written[2]]
    assert [row.id for row in read_trail(session, moderator, "listing:1", before=written[2], limit=1)] == [written[1]]


@pytest.mark.parametrize(
    "principal", [Principal.anonymous(), Principal(user_id=uuid4()), holding(Role.SALES_AGENT, KHAN)]
)
def test_others_are_refused_whether_or_not_the_thing_exists(
    session: Session, written: list[UUID], principal: Principal
) -> None:
    sentences = set()
    for subject in ("listing:1", "listing:404", "nonsense"):
        with pytest.raises(ForbiddenError) as caught:
            read_trail(session, principal, subject)
        sentences.add(caught.value.detail)
    assert len(sentences) == 1


@pytest.mark.parametrize("subject", ["", "listing", ":1", "listing:"])
def test_subject_that_names_no_thing_is_refused(session: Session, subject: str) -> None:
    with pytest.raises(BadSubjectError):
        read_trail(session, holding(Role.MODERATOR, KHAN), subject)

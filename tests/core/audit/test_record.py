"""An audit record stands or falls with the act that it describes."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.access.principal import Principal, ServiceIdentity
from core.access.tenant import Step, platform_step
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.session import SessionFactory, transaction
from core.db.tables.audit import AuditQueue, AuditRecord
from core.errors import ConflictError
from core.observability.context import log_fields

EXPORT = ServiceIdentity("stock-export", uuid4(), "khan", frozenset())
ACT = Act("listing.update", "listing", "42", before={"price_pkr": 1}, after={"price_pkr": 2}, reason="typing error")


def test_record_names_actor_act_fields_and_request(session: Session) -> None:
    person, login = uuid4(), uuid4()
    actor = Actor.of(Principal(user_id=person, session_id=login), device="d-1", address_class="203.0.113.0/24")
    with log_fields(request_id="r-7"):
        record(session, actor, ACT)

    row = session.scalars(select(AuditRecord)).one()
    assert (row.actor_kind, row.user_id, row.session_id, row.device) == ("person", person, login, "d-1")
    assert (row.action, row.subject_kind, row.subject_id, row.reason) == (
        "listing.update",
        "listing",
        "42",
        "typing error",
    )
    assert (row.before, row.after, row.request_id) == ({"price_pkr": 1}, {"price_pkr": 2}, "r-7")
    assert session.scalars(select(AuditQueue.record_id)).all() == [row.id]


@pytest.mark.parametrize(
    ("actor", "kind", "name"),
    [
        (Actor.system("automart feeds approve"), "system", "automart feeds approve"),
        (Actor.of(Principal.anonymous()), "anonymous", "anonymous"),
        (
            Actor.of(Principal(service_account=ServiceIdentity("stock-export", uuid4(), "khan", frozenset()))),
            "system",
            "stock-export",
        ),
    ],
)
def test_systems_and_anonymous_callers_are_actors_too(session: Session, actor: Actor, kind: str, name: str) -> None:
    record(session, actor, ACT)
    row = session.scalars(select(AuditRecord)).one()
    assert (row.actor_kind, row.actor, row.user_id) == (kind, name, None)


def test_act_that_is_rolled_back_leaves_no_record(session_factory: SessionFactory) -> None:
    def act_and_fail() -> None:
        with transaction(session_factory) as session:
            record(session, Actor.system("cli"), ACT)
            raise ConflictError("no")

    with pytest.raises(ConflictError):
        act_and_fail()
    with transaction(session_factory) as session:
        assert session.scalar(select(func.count()).select_from(AuditRecord)) == 0
        assert session.scalar(select(func.count()).select_from(AuditQueue)) == 0


def test_person_without_an_id_is_refused_by_the_table(session: Session) -> None:
    with pytest.raises(IntegrityError):
        record(session, Actor("person", "somebody"), ACT)


def test_step_of_the_platform_writes_thousands_of_records(session: Session) -> None:
    with platform_step(session, Step.LOGIN):
        for number in range(7_000):
            record(session, Actor.system("a test"), Act("test.many", "test", str(number)))
    written = select(func.count()).select_from(AuditRecord).where(AuditRecord.action == "test.many")
    assert session.scalar(written) == 7_000

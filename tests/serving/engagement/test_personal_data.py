"""A person's events go from every hot table, stay gone in a replay, and are shown to that person alone."""

import io
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import Step, platform_step, work_for
from core.db.logins import Login
from core.engagement.digests import person_number
from core.security.platform_keys import open_keys
from core.settings import Settings
from core.storage import Storage
from pipelines.engagement.capture.batch import Caller
from pipelines.engagement.capture.capturing import capture
from pipelines.engagement.cold.manifest import files_of, read_file, write_file
from pipelines.engagement.hours import close_hour
from serving.engagement.personal_data import erase_person_events
from serving.personal_data.exporting import Means, write_export
from tests.factories.batches import NOW, READER, sent_batch, sent_event
from tests.factories.engagement import HOUR, event, frame, name
from tests.factories.listings import add_listing

ALICE, BOB = uuid4(), uuid4()
TABLES = ("events", "late_events", "apart_events", "refusals")


def sent(session: Session, device: str, person: UUID | None, *events: dict[str, Any]) -> list[tuple[str, str | None]]:
    batch = READER.read(sent_batch(*events, device_id=device), NOW, Caller(person=person))
    return [(each.status, each.code) for answers in capture(session, [batch]) for each in answers]


def held(session: Session, condition: str, **given: Any) -> int:
    counts = [
        session.scalar(text(f"SELECT count(*) FROM engagement_{table} WHERE {condition}"), given) for table in TABLES
    ]
    return sum(count or 0 for count in counts)


@pytest.fixture
def events(session: Session) -> list[dict[str, Any]]:
    """One for each table: of an open hour, of a closed one, too late, and rejected."""
    car = add_listing(session)
    closed = NOW - timedelta(hours=5)
    sent(session, "warm up", None, sent_event(car, at=closed))
    close_hour(session, closed.replace(minute=0), NOW)
    return [
        sent_event(car), sent_event(car, at=closed), sent_event(car, at=NOW - timedelta(days=9)),
        sent_event(car, type="nonsense"),
    ]  # fmt: skip


def anew(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each | {"id": str(uuid4())} for each in events]


def test_erased_events_are_gone_and_a_replay_does_not_bring_them_back(
    session: Session, events: list[dict[str, Any]], storage: Storage
) -> None:
    mine, before_login, shared, others = (anew(events) for _ in range(4))
    sent(session, "phone of alice", ALICE, *mine)
    sent(session, "phone of alice", None, *before_login)
    sent(session, "tablet", ALICE, *shared)
    sent(session, "tablet", BOB, *others)
    alice, phone, tablet = person_number(ALICE), *map(READER.digests.device, ("phone of alice", "tablet"))
    assert held(session, "person = :alice OR device = :phone", alice=alice, phone=phone) == 12
    assert erase_person_events(session, storage, alice) == 12
    assert erase_person_events(session, storage, alice) == 0
    assert held(session, "person = :alice OR device = :phone", alice=alice, phone=phone) == 0
    assert held(session, "device = :tablet AND person = :bob", tablet=tablet, bob=person_number(BOB)) == 4
    for device, replayed in (("phone of alice", mine), ("phone of alice", before_login), ("tablet", shared)):
        assert {code for _, code in sent(session, device, None, *replayed)} == {"erased", "unknown_type"}
    assert held(session, "person = :alice OR device = :phone", alice=alice, phone=phone) == 0
    known = session.scalars(text("SELECT device FROM engagement_devices")).all()
    assert (phone in known, tablet in known) == (False, True)


def test_export_shows_a_person_its_own_events_alone(admin_engine: Engine) -> None:
    with Session(admin_engine) as session:
        car = add_listing(session)
        sent(session, "phone", ALICE, sent_event(car), sent_event(car, type="nonsense"))
        sent(session, "phone", BOB, sent_event(car))
        session.execute(text(f"SET LOCAL ROLE {Login.APPLICATION}"))
        own = text("SELECT kept, event ->> 'type' FROM engagement_own_events() ORDER BY kept")
        work_for(session, Principal(user_id=ALICE))
        assert session.execute(own).all() == []
        with platform_step(session, Step.EXPORT):
            assert [tuple(row) for row in session.execute(own)] == [("hour", "listing_view"), ("refused", None)]


def test_erasure_reaches_files_and_spares_who_shares_a_device(session: Session, storage: Storage) -> None:
    alice, bob = person_number(ALICE), person_number(BOB)
    kept = [
        event(1, device=5, person=alice), event(2, device=5), event(3, device=6, person=alice),
        event(4, device=6, person=bob), event(5, device=6), event(6, device=7),
    ]  # fmt: skip
    write_file(session, storage, frame(kept), (HOUR, 0, NOW))
    assert erase_person_events(session, storage, alice) == 3
    (file,) = files_of(session, HOUR)
    assert sorted(read_file(storage, file)["event_id"]) == [name(4), name(5), name(6)]
    assert erase_person_events(session, storage, alice) == 0


def test_export_shows_events_in_tables_and_files_once_each(
    admin_engine: Engine, storage: Storage, settings: Settings
) -> None:
    alice = person_number(ALICE)
    with Session(admin_engine) as session:
        sent(session, "phone", ALICE, sent_event(add_listing(session)))
        hot = session.execute(text("SELECT device, event_id, hour FROM engagement_events")).one()
        moved = event(1, device=hot.device, event_id=str(hot.event_id), at=hot.hour, person=alice)
        write_file(session, storage, frame([moved]), (hot.hour, 0, NOW))
        old = [event(2, person=alice, properties='{"a": 1}'), event(3, person=person_number(BOB)), event(4)]
        write_file(session, storage, frame(old), (HOUR, 0, NOW))
        write_file(session, storage, frame([event(5, person=alice)]), (HOUR, 1, NOW))
        lost, foreign = HOUR - timedelta(hours=1), HOUR - timedelta(hours=2)
        write_file(session, storage, frame([event(6, person=alice, at=lost)]), (lost, 0, NOW))
        write_file(session, storage, frame([event(7, at=foreign)]), (foreign, 0, NOW))
        storage.delete(files_of(session, lost)[0].key)
        storage.delete(files_of(session, foreign)[0].key)
        session.execute(text(f"SET LOCAL ROLE {Login.APPLICATION}"))
        work_for(session, Principal(user_id=ALICE))
        out = io.BytesIO()
        write_export(out, session, Means(open_keys(settings), storage), Principal(user_id=ALICE), NOW)
    rows = json.loads(out.getvalue())["domains"]["engagement"]["engagement_events"]
    told = [(row["kept"], row.get("event_id"), row.get("unreadable")) for row in rows]
    assert told == [
        ("hour", str(hot.event_id), None), ("file", None, True), ("file", name(2), None), ("file", name(5), None),
    ]  # fmt: skip
    assert (rows[2]["properties"], rows[2]["at"], rows[2]["person"]) == ({"a": 1}, HOUR.isoformat(), alice)


def test_erasure_forgets_who_was_in_a_lost_file(session: Session, storage: Storage) -> None:
    alice, bob = person_number(ALICE), person_number(BOB)
    write_file(session, storage, frame([event(1, person=alice), event(2, person=bob)]), (HOUR, 0, NOW))
    storage.delete(files_of(session, HOUR)[0].key)
    erase_person_events(session, storage, alice)
    assert session.scalar(text("SELECT people FROM engagement_files")) == [bob]

"""Heads and days are anchored once, and a process that is killed in between does no harm."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.audit.errors import AnchorConflictError
from core.db.tables.audit import AuditAnchor, AuditChain
from core.storage import Storage
from pipelines.audit.anchoring import anchor_head, close_segment, delete_objects
from pipelines.audit.chain import extend_chain
from pipelines.audit.loops import last_midnight
from pipelines.audit.verify import verify_chain
from tests.pipelines.audit.trails import FIRST_DAY, TrailBuilder, act, built, own_the_tables


def test_head_is_anchored_where_it_moved_and_only_then(session: Session, storage: Storage) -> None:
    assert anchor_head(session, storage) is None
    trail = TrailBuilder(session, storage)
    trail.minute(3)
    assert anchor_head(session, storage) is None
    trail.minute(2)
    assert list(storage.keys("audit")) == ["audit/head/000000000000003.json", "audit/head/000000000000005.json"]
    stated = json.loads(storage.get("audit/head/000000000000005.json"))
    assert stated["digest"] == session.scalars(select(AuditChain.digest).where(AuditChain.number == 5)).one().hex()


def test_day_is_listed_whole_and_replaces_its_heads(session: Session, storage: Storage) -> None:
    built(session, storage)
    keys = list(storage.keys("audit"))
    assert [key for key in keys if "segment" in key] == [f"audit/segment/{n:015d}.json" for n in (10, 20)]
    assert [key for key in keys if "head" in key] == [f"audit/head/{n:015d}.json" for n in (24, 27, 30)]
    segment = json.loads(storage.get("audit/segment/000000000000020.json"))
    links = session.execute(select(AuditChain.number, AuditChain.record_digest).where(AuditChain.number > 10)).all()
    assert segment["links"] == [[number, digest.hex()] for number, digest in links if number <= 20]
    assert segment["first"] == 11
    previous = session.scalars(select(AuditChain.digest).where(AuditChain.number == 10)).one()
    assert segment["previous"] == previous.hex()


def test_day_without_records_has_no_segment(session: Session, storage: Storage) -> None:
    trail = built(session, storage)
    assert close_segment(session, storage, trail.now.replace(minute=0)) is None


def test_link_of_a_clock_that_ran_ahead_goes_with_its_neighbours(session: Session, storage: Storage) -> None:
    for number, moment in enumerate([FIRST_DAY, FIRST_DAY + timedelta(days=900), FIRST_DAY + timedelta(hours=1)]):
        act(session, number)
        extend_chain(session, moment)
    segment = close_segment(session, storage, FIRST_DAY + timedelta(days=1))
    assert segment is not None
    assert (segment.name.number, segment.links) == (3, 3)
    assert verify_chain(session, storage).finding is None


def test_process_killed_after_the_object_and_before_the_note_goes_on(session: Session, storage: Storage) -> None:
    trail = TrailBuilder(session, storage)
    killed = session.begin_nested()
    trail.minute(3)
    killed.rollback()  # records, chain and note are gone; they come again, and the object stands
    assert list(storage.keys("audit")) == ["audit/head/000000000000003.json"]
    assert verify_chain(session, storage).first_bad == 1

    storage.delete("audit/head/000000000000003.json")
    act(session, 1)
    extend_chain(session, FIRST_DAY)
    killed = session.begin_nested()
    anchor_head(session, storage)
    killed.rollback()
    assert verify_chain(session, storage).finding is None
    assert anchor_head(session, storage) is not None
    assert session.scalars(select(AuditAnchor.number)).all() == [1]


def test_objects_of_a_closed_day_that_could_not_be_deleted_do_no_harm(session: Session, storage: Storage) -> None:
    trail = TrailBuilder(session, storage)
    trail.minute(3)
    trail.minute(3)
    kept = {key: storage.get(key) for key in storage.keys("audit/head")}
    trail.midnight()
    for key, data in kept.items():
        storage.put(key, data)
    assert verify_chain(session, storage).finding is None
    assert verify_chain(session, storage).anchors == 3


def test_anchor_is_never_overwritten(session: Session, storage: Storage) -> None:
    storage.put("audit/head/000000000000001.json", b"another chain")
    act(session, 1)
    extend_chain(session, FIRST_DAY)
    with pytest.raises(AnchorConflictError, match="000000000000001"):
        anchor_head(session, storage)
    assert storage.get("audit/head/000000000000001.json") == b"another chain"


def test_whole_trail_emptied_is_named(session: Session, storage: Storage) -> None:
    built(session, storage)
    own_the_tables(session)
    session.execute(text("TRUNCATE audit_records, audit_chain, audit_anchors, audit_queue"))
    report = verify_chain(session, storage)
    assert report.first_bad == 1
    assert "newest records were removed" in (report.problem or "")


def test_newest_record_removed_with_its_anchors_object_is_named(session: Session, storage: Storage) -> None:
    built(session, storage)
    own_the_tables(session)
    session.execute(text("DELETE FROM audit_records WHERE id = (SELECT record_id FROM audit_chain WHERE number = 30)"))
    session.execute(text("DELETE FROM audit_chain WHERE number = 30"))
    delete_objects(storage, [])
    storage.delete("audit/head/000000000000030.json")
    finding = verify_chain(session, storage).finding
    assert finding is not None
    assert (finding.number, finding.anchor) == (30, "audit/head/000000000000030.json")


def test_the_day_ends_at_midnight_in_utc() -> None:
    assert last_midnight(datetime(2026, 11, 27, 0, 0, 1, tzinfo=UTC)) == datetime(2026, 11, 27, tzinfo=UTC)

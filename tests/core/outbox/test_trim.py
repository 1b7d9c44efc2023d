"""Trimming waits for every declared consumer, started or not, and takes no more than what all have seen."""

import sys
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.outbox import trim
from core.outbox.consumers import Consumer, declared_consumers
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.outbox.trim import trim_outbox
from tests.core.outbox.conftest import AUDITOR, Read
from tests.factories.listings import add_listing, add_many

NEVER_STARTED = Consumer("newcomer", ("lead",))


def tell(factory: SessionFactory, topic: str = "lead", *, days_ago: int = 8) -> None:
    with transaction(factory) as session:
        add_listing(session) if topic == "listing" else emit(session, topic, NewEvent(uuid4(), "sent"))
        session.execute(
            text("UPDATE outbox_events SET created_at = now() - make_interval(days => :days)"
                 " WHERE xid = pg_current_xact_id()"), {"days": days_ago}
        )  # fmt: skip


def test_consumer_that_never_started_loses_nothing(session_factory: SessionFactory, read: Read) -> None:
    tell(session_factory, "lead")
    tell(session_factory, "listing")
    assert trim_outbox(session_factory, [AUDITOR], 7) == 0
    read(AUDITOR)
    assert trim_outbox(session_factory, [AUDITOR, NEVER_STARTED], 7) == 1  # the listing, which it does not follow
    assert len(read(NEVER_STARTED)) == 1
    assert trim_outbox(session_factory, [AUDITOR, NEVER_STARTED], 7) == 1


@pytest.mark.slow
def test_young_events_stay_and_topics_that_nobody_follows_go(session_factory: SessionFactory, read: Read) -> None:
    tell(session_factory, "unheard")
    tell(session_factory, "lead", days_ago=6)
    read(AUDITOR)
    assert trim_outbox(session_factory, [AUDITOR], 7) == 1
    assert trim_outbox(session_factory, [AUDITOR], 5) == 1


def test_position_of_another_version_holds_events_of_all_topics(session_factory: SessionFactory, read: Read) -> None:
    read(Consumer("webhooks", ("lead",)))
    tell(session_factory, "unheard")
    assert trim_outbox(session_factory, [], 7) == 0
    read(Consumer("webhooks", ("lead",)))
    assert trim_outbox(session_factory, [], 7) == 1


def test_part_of_a_backlog_that_was_read_is_held_until_all_of_it_is(
    session_factory: SessionFactory, read: Read
) -> None:
    for _ in range(3):
        tell(session_factory)
    assert len(read(AUDITOR, most=2)) == 2
    assert trim_outbox(session_factory, [AUDITOR], 7) == 0
    assert len(read(AUDITOR, most=2)) == 1
    assert trim_outbox(session_factory, [AUDITOR], 7) == 3


def test_event_that_commits_late_is_held_though_it_looks_old(session_factory: SessionFactory, read: Read) -> None:
    with session_factory() as slow:
        emit(slow, "lead", NewEvent(uuid4(), "late"))
        slow.execute(text("UPDATE outbox_events SET created_at = now() - interval '9 days'"))
        tell(session_factory)
        assert len(read(AUDITOR)) == 1
        slow.commit()
    assert trim_outbox(session_factory, [AUDITOR], 7) == 1
    assert [event.kind for event in read(AUDITOR)] == ["late"]


def test_long_trimming_goes_page_by_page(
    session_factory: SessionFactory, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trim, "_AT_ONCE", 2)
    for _ in range(5):
        tell(session_factory)
    with transaction(session_factory) as session:
        add_many(session, 10)
        session.execute(text("UPDATE outbox_events SET created_at = now() - interval '9 days'"))
    read(AUDITOR)
    assert trim_outbox(session_factory, [AUDITOR], 7) == 16
    with session_factory() as session:
        assert session.scalar(text("SELECT count(*) FROM outbox_events")) == 0


def test_consumers_are_gathered_from_the_domains_folders() -> None:
    found = {each.name: each.topics for each in declared_consumers("pipelines")}
    assert found["moderation.mark"] == ("listing", "price_band")
    assert found["search"] == ("listing", "price_band", "popularity")


def test_new_domain_is_gathered_and_a_name_that_is_taken_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for domain in ("leads", "webhooks"):
        (tmp_path / "market" / domain).mkdir(parents=True)
        (tmp_path / "market" / domain / "__init__.py").touch()
    (tmp_path / "market" / "__init__.py").touch()
    declaration = "from core.outbox.consumers import Consumer\nLEADS = Consumer('leads', ('lead',))\nALIAS = LEADS\n"
    (tmp_path / "market" / "leads" / "consumers.py").write_text(declaration)
    monkeypatch.syspath_prepend(tmp_path)
    assert declared_consumers("market") == (Consumer("leads", ("lead",)),)
    (tmp_path / "market" / "webhooks" / "consumers.py").write_text(declaration)
    with pytest.raises(ValueError, match="declared twice: leads"):
        declared_consumers("market")
    for name in [name for name in sys.modules if name.partition(".")[0] == "market"]:
        del sys.modules[name]

"""Numbers without gaps, in the order in which they become visible."""

import threading
from uuid import UUID

from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from tests.api.people import add_org
from tests.factories.live import number_waiting, tell_lead


def numbers(factory: SessionFactory, stream: UUID) -> list[tuple[int, str]]:
    with transaction(factory) as session:
        rows = session.execute(
            text("SELECT number, subject_id FROM live_events WHERE stream_id = :id ORDER BY number"), {"id": stream}
        )
        return [(row.number, str(row.subject_id)) for row in rows]


def test_event_that_took_its_number_first_and_committed_last_is_not_lost(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        org_id = add_org(session, "khan-motors").id
    early = session_factory()
    early.begin()
    late_lead = tell_lead(early, org_id)
    with transaction(session_factory) as session:
        first_lead = tell_lead(session, org_id)

    number_waiting(session_factory)
    seen_before = numbers(session_factory, org_id)
    early.commit()
    early.close()
    number_waiting(session_factory)

    assert seen_before == [(1, str(first_lead))]
    assert numbers(session_factory, org_id) == [(1, str(first_lead)), (2, str(late_lead))]


def test_numbers_of_crowded_writers_have_no_gap_and_no_event_is_lost(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        orgs = [add_org(session, code).id for code in ("khan-motors", "clifton-cars")]

    def write() -> None:
        for at in range(10):
            with session_factory() as session, session.begin() as work:
                tell_lead(session, orgs[at % 2])
                if at % 5 == 4:
                    work.rollback()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        number_waiting(session_factory)
    number_waiting(session_factory)

    assert [[number for number, _ in numbers(session_factory, org)] for org in orgs] == [
        list(range(1, 17)),
        list(range(1, 17)),
    ]


def test_events_of_before_the_time_that_is_kept_get_no_number(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        org_id = add_org(session, "khan-motors").id
        tell_lead(session, org_id)
        session.execute(text("UPDATE outbox_events SET created_at = now() - interval '73 hours'"))

    assert number_waiting(session_factory) == 1
    assert numbers(session_factory, org_id) == []

"""Lines of batches enter by the same door: same answers, each event once, a bad line sinks none."""

import json
from datetime import timedelta

from sqlalchemy import text

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from pipelines.engagement.hours import close_hour, ensure_hours_around
from pipelines.engagement.loading import LineAnswer, LoadReport, answer_line, load_lines
from tests.factories.batches import NOW, READER, sent_batch, sent_event
from tests.factories.listings import add_listing


def load(factory: SessionFactory, *lines: bytes) -> tuple[LoadReport, list[LineAnswer]]:
    answers: list[LineAnswer] = []
    return load_lines(factory, READER, lines, answers.append), answers


def test_replay_of_an_old_month_counts_each_event_in_its_hour_once(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        car = add_listing(session)
    batches = []
    for days in range(3):
        at = NOW - timedelta(days=20 * days)
        event = sent_event(car, at=at)
        received = (at + timedelta(seconds=6)).isoformat()
        batches.append(sent_batch(event, event, at=at, received_at=received, user_agent="Mozilla/5.0"))
    batches.append(sent_batch(sent_event(car, at=NOW), at=NOW, received_at=NOW.isoformat(), user_agent="Googlebot/2.1"))
    lines = [json.dumps(each).encode() + b"\n" for each in batches]
    bad = [b"{\n", b"\n", b"5", json.dumps(sent_batch(received_at="2999-01-01T00:00:00Z")).encode()]
    report, answers = load(session_factory, *lines[:2], *bad, *lines[2:])
    assert (report.batches, report.events, report.accepted, report.duplicate) == (7, 7, 4, 3)
    assert [(each.line, each.code) for each in answers] == [
        (1, None), (2, None), (3, "bad_batch"), (5, "bad_batch"), (6, "bad_batch"), (7, None), (8, None),
    ]  # fmt: skip
    assert json.loads(answer_line(answers[0]))["results"][1]["status"] == "duplicate"
    again, _ = load(session_factory, *lines[::-1])
    assert (again.accepted, again.duplicate, again.refused_batches) == (0, 7, 0)
    with session_factory() as session:
        found = session.execute(text("SELECT hour, mark, after_close FROM engagement_events ORDER BY hour, mark"))
        hour = NOW.replace(minute=0)
        assert [tuple(row) for row in found] == [
            (hour - timedelta(days=40), "none", False),
            (hour - timedelta(days=20), "none", False),
            (hour, "bot", False),
            (hour, "none", False),
        ]


def test_partitions_stand_ahead_and_without_a_gap(session_factory: SessionFactory) -> None:
    now = utc_now()
    with transaction(session_factory) as session:
        assert ensure_hours_around(session, now - timedelta(hours=60)) <= 49
        close_hour(session, (now - timedelta(hours=60)).replace(minute=0, second=0, microsecond=0), now)
    with transaction(session_factory) as session:
        ensure_hours_around(session, now)
        hours = session.scalars(text("SELECT hour FROM engagement_hours ORDER BY hour")).all()
    assert hours[-1] - hours[0] == timedelta(hours=len(hours) - 1) == timedelta(hours=108)

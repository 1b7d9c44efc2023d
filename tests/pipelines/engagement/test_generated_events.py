"""No JSON that a client generates fails the events of another client in the same transaction."""

from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.db.session import SessionFactory
from pipelines.engagement.capture.batch import Batch, Caller
from pipelines.engagement.capture.capturing import capture
from pipelines.engagement.capture.reading import BadBatchError
from tests.examples import examples
from tests.factories.batches import NOW, READER, sent_batch, sent_event
from tests.factories.engagement import emptied_hours
from tests.factories.listings import add_listing

FIELDS = (
    "id", "type", "at", "listing_id", "query_id", "query", "results", "position", "dwell_ms", "channel", "facets",
    "photo", "properties", "session_id", "\x00",
)  # fmt: skip
ODD = st.sampled_from([
    "\x00", "\ud800", "a\x00b", float("nan"), float("inf"), -float("inf"), 2**31, 2**63, -(2**63) - 1, 10**400, 1e308,
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-20T10:30:00", "infinity", "", " ", "\u202e",
])  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | ODD.map(str), inner, max_size=3),
    max_leaves=6,
)
TYPES = st.sampled_from(["listing_view", "search", "facet_use", "photo_view", "band_view", "compare"])
EVENTS = st.builds(
    lambda kind, odd: sent_event(type=kind, query="corolla") | odd,
    TYPES, st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5),
)  # fmt: skip
HEADS = st.dictionaries(
    st.sampled_from(["sent_at", "device_id", "session_id", "app", "app_version"]), VALUES, max_size=2
)


def read(batch: Any) -> Batch | None:
    try:
        return READER.read(batch, NOW, Caller())
    except BadBatchError:
        return None  # the batch's own client is told; nobody else's was in it


def test_generated_events_fail_nobody_elses(session_factory: SessionFactory) -> None:
    with emptied_hours(session_factory) as opened:
        with opened() as session:
            car: UUID = add_listing(session)

        @settings(max_examples=examples(120), deadline=None)
        @given(st.lists(EVENTS | VALUES, max_size=6), HEADS)
        def holds(events: list[Any], head: dict[str, Any]) -> None:
            odd = read(sent_batch(*events) | {"device_id": "odd"} | head)
            good = read(sent_batch(sent_event(car), sent_event(car), device_id="good"))
            assert good is not None
            with opened() as session:
                *others, told = capture(session, [odd, good] if odd is not None else [good])
                assert [each.status for each in told] == ["accepted", "accepted"]
                for answers in others:
                    assert len(answers) == len(events)
                    assert {each.status for each in answers} <= {"accepted", "duplicate", "rejected"}

        holds()
        with opened() as session:
            known = session.scalar(text("SELECT count(*) FROM engagement_events WHERE listing_id = :car"), {"car": car})
            assert known is not None
            assert known % 2 == 0
            assert known > 0

"""Files of an hour: the same bytes for the same events, and everything comes back."""

from random import Random

from core.engagement.events import EVENT_SCHEMA
from pipelines.engagement.cold.parquet import ORDER, digest_of, file_key, parquet_bytes, read_parquet
from tests.factories.engagement import HOUR, drawn, frame


def test_same_events_in_any_order_give_the_same_bytes() -> None:
    events = drawn(1, 500)
    first = parquet_bytes(frame(events))
    for seed in range(3):
        Random(seed).shuffle(events)
        assert parquet_bytes(frame(events)) == first


def test_every_event_and_column_comes_back_sorted_by_listing() -> None:
    events = frame(drawn(2, 300))
    back = read_parquet(parquet_bytes(events))
    assert back.schema == EVENT_SCHEMA
    assert back.equals(events.sort(ORDER, nulls_last=True))


def test_hour_without_events_is_a_file_too() -> None:
    assert read_parquet(parquet_bytes(frame([]))).schema == EVENT_SCHEMA


def test_key_names_hour_supplement_and_contents() -> None:
    digest = digest_of(b"one")
    assert file_key(HOUR, 3, digest) == f"engagement/hours/2026/11/01/09/0003-{digest[:16]}.parquet"

"""Popular searches are kept for typeahead, and counted anew once a day."""

from datetime import timedelta

import polars as pl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.popular_searches import PopularSearch
from core.storage import Storage
from pipelines.engagement import popular
from pipelines.engagement.popular import keep_popular, renew_popular
from pipelines.engagement.trending import asked_searches
from serving.search.popular import PopularSearches
from tests.factories.engagement import frame
from tests.pipelines.engagement.test_trending import NAMED, asked

NOW = utc_now()


def texts(session: Session) -> list[str]:
    return list(session.scalars(select(PopularSearch.text).order_by(PopularSearch.text)))


def test_searches_are_named_by_devices_and_days_whatever_they_found() -> None:
    events = [*asked(20, 3, "Alto 2018", results=7), *asked(19, 3, "civic", results=7), *asked(20, 3, "0300 1234567")]
    assert asked_searches(frame(events).lazy(), NAMED).select("text", "devices").rows() == [("alto 2018", 20)]


def test_searches_are_replaced_once_a_day(session: Session, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    events = frame(asked(20, 3, "family car")).lazy()
    monkeypatch.setattr(popular, "scan_events", lambda *_: events)
    keep_popular(session, pl.DataFrame({"text": ["old"], "devices": [20]}), NOW - timedelta(hours=23))
    assert not renew_popular(session, storage, NOW)
    assert texts(session) == ["old"]
    assert renew_popular(session, storage, NOW + timedelta(hours=2))
    assert texts(session) == ["family car"]
    assert renew_popular(session, storage, NOW + timedelta(hours=27))


def test_api_reads_them_those_of_most_devices_first(session_factory: SessionFactory) -> None:
    given = pl.DataFrame({"text": ["b", "a", "c"], "devices": [20, 20, 30]})
    with transaction(session_factory) as session:
        keep_popular(session, given, NOW)
    kept = PopularSearches(session_factory)
    assert list(kept.texts()) == ["c", "a", "b"]
    with transaction(session_factory) as session:
        keep_popular(session, given.head(0), NOW)
    assert list(kept.texts()) == ["c", "a", "b"]

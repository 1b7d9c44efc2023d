"""Funnels of a day are made of files that are read few times, however many funnels there are."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.db.session import Transaction
from core.storage import Storage
from pipelines.engagement.closing import close_due
from pipelines.engagement.cold import scanning
from pipelines.engagement.days import day_of
from pipelines.engagement.funnel import DEALER_FUNNEL_BY, FUNNEL_BY
from pipelines.engagement.funnels import write_funnels
from tests.factories.engagement import HOUR, drawn

MOST_READINGS = 3
"""Of each file: for who is logged in on a device, for who is in a session, and for the steps."""


def test_file_of_an_hour_is_read_few_times_for_all_funnels(
    opened: Transaction, storage: Storage, put: Callable[[list[dict[str, Any]]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(drawn(seed=5, count=300, hours=4))
    while close_due(opened, storage, HOUR + timedelta(days=2)).more:
        pass
    readings: Counter[Any] = Counter()
    read_file = scanning.read_file

    def counted(of: Storage, file: Any) -> Any:
        readings[file] += 1
        return read_file(of, file)

    monkeypatch.setattr(scanning, "read_file", counted)
    with opened() as session:
        rows = write_funnels(session, storage, day_of(HOUR)).rows
    assert rows["by"].unique().sort().to_list() == sorted(FUNNEL_BY)
    assert len(readings) == 4
    assert max(readings.values()) <= MOST_READINGS < len(FUNNEL_BY) + len(DEALER_FUNNEL_BY)

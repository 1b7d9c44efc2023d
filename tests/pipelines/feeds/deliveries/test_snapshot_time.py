"""The snapshot time of a file follows from its name and the time of receipt."""

from datetime import UTC, datetime

import pytest

from pipelines.feeds.deliveries.snapshot_time import snapshot_time

RECEIVED = datetime(2026, 5, 10, 12, 0, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # the parts of a datetime in order


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("stock.csv", RECEIVED),
        ("stock-20260501T0930Z.csv", utc(2026, 5, 1, 9, 30)),
        ("stock-20260501-0930.csv", utc(2026, 5, 1, 4, 30)),
        ("stock_2026-05-01_09-30-15.xml.gz", utc(2026, 5, 1, 4, 30, 15)),
        ("20260501093000.csv", utc(2026, 5, 1, 4, 30)),
        ("20260501.csv", utc(2026, 5, 1, 18, 59, 59, 999_999)),  # the end of that day in Pakistan
        ("stock 01-05-2026.csv", utc(2026, 5, 1, 18, 59, 59, 999_999)),
        ("stock-20260510.csv", RECEIVED),  # of the day on which it came
        ("stock-20990101.csv", RECEIVED),  # not believed
        ("from-20260401-to-20260501T0000Z.csv", utc(2026, 5, 1)),
        ("dealer-20261399.csv", RECEIVED),
        ("dealer-20260231.csv", RECEIVED),
        ("vin-120260501.csv", RECEIVED),
        ("0300-1234567.csv", RECEIVED),
    ],
)
def test_snapshot_time_is_read_from_the_name(name: str, expected: datetime) -> None:
    assert snapshot_time(name, RECEIVED) == expected


def test_order_of_day_and_month_follows_the_mapping() -> None:
    assert snapshot_time("05-01-2026.csv", RECEIVED, "mdy").date() == utc(2026, 5, 1).date()
    assert snapshot_time("05-01-2026.csv", RECEIVED, "dmy").date() == utc(2026, 1, 5).date()

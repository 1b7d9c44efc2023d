"""Counting a day of 10 and of 50 million events from cold files: `python -m bench.engagement.day [--millions 10 50]`.

A day has 24 hours of equal size in object storage, as `compact` writes them. Measured is what the loop does then: each
hour is read, checked and counted, and the day is made of the counted hours. Each size runs in a process of its own;
prints one JSON line with seconds, the largest memory of the process in MB, and the seconds that a million events take
beside those of the first size.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import polars as pl
from sqlalchemy import text

from bench.engagement.hourly import made
from core.db.session import transaction
from core.platform import open_platform
from core.settings import Settings
from pipelines.engagement.aggregates.counting import count_day, count_hour
from pipelines.engagement.cold.manifest import write_file
from pipelines.engagement.days import DayRange

DAY = date(2026, 11, 1)


def main() -> None:
    """Print one JSON line; with --count or --fill, do that part in a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--fill", type=Path)
    parser.add_argument("--count", type=Path)
    given = parser.parse_args()
    if given.fill is not None:
        fill(given.fill, given.millions[0])
    elif given.count is not None:
        print(json.dumps(counted(given.count)))
    else:
        days = {millions: _day(millions) for millions in given.millions}
        first = days[given.millions[0]]["seconds"] / given.millions[0]
        for millions, day in days.items():
            day["per_million"] = round(day["seconds"] / millions / first, 2)
        print(json.dumps({f"{millions} million": day for millions, day in days.items()}))


def _day(millions: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="automart-bench-", ignore_cleanup_errors=True) as folder:
        script = [sys.executable, "-m", "bench.engagement.day", "--millions", str(millions)]
        subprocess.run([*script, "--fill", folder], check=True)
        done = subprocess.run([*script, "--count", folder], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _settings(folder: Path) -> Settings:
    return Settings(automart_home=folder, database_url=None, storage_url=None, meili_url=None)


def fill(folder: Path, millions: int) -> None:
    """Write the files of a day."""
    days = DayRange(DAY, DAY)
    add = text("INSERT INTO engagement_hours (hour, state, dropped_at) VALUES (:hour, 'sealed', :hour)")
    with open_platform(_settings(folder)) as platform:
        for number, hour in enumerate(days.hours()):
            at = pl.lit(hour)
            events = made(millions * 1_000_000 // 24, seed=number).with_columns(
                hour=at, at=at, received_at=at, **{name: _uuid(name) for name in ("listing_id", "org_id", "branch_id")}
            )
            with transaction(platform.sessions) as session:
                session.execute(add, {"hour": hour})
                write_file(session, platform.storage, events, (hour, 0, days.end))


def _uuid(column: str) -> pl.Expr:
    return pl.lit("00000000-0000-0000-0000-") + pl.col(column).str.zfill(12)


def counted(folder: Path) -> dict[str, float]:
    """Count each hour, then the day."""
    days = DayRange(DAY, DAY)
    now = days.end + timedelta(days=4)
    with open_platform(_settings(folder)) as platform:
        opened = partial(transaction, platform.sessions)
        began, spent = time.perf_counter(), time.process_time()
        for hour in days.hours():
            count_hour(opened, platform.storage, hour, now)
        hours = time.perf_counter() - began
        result = count_day(opened, DAY, now)
        seconds, processor = time.perf_counter() - began, time.process_time() - spent
    assert result is not None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "events": result.events, "seconds": round(seconds, 1), "of_hours": round(hours, 1),
        "processor_s": round(processor, 1), "peak_mb": round(peak),
    }  # fmt: skip


if __name__ == "__main__":
    main()

"""Counting a day of 10 and of 50 million events from files: `python -m bench.engagement_day [--millions 10 50]`.

A day has 24 hours of equal size; each is read from its file and counted, and the day is made of the counted hours, as
the loop does it but for storing. Each size runs in a process of its own; prints one JSON line with seconds, the largest
memory of the process in MB, and the seconds a million events take beside those of the smallest day.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from bench.engagement_hourly import made
from pipelines.engagement.aggregates.combining import combine
from pipelines.engagement.aggregates.hourly import aggregate_hour


def main() -> None:
    """Print one JSON line; with --one, count one day of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--one", type=Path)
    given = parser.parse_args()
    if given.one is not None:
        print(json.dumps(counted(given.one)))
        return
    days = {millions: _day(millions) for millions in given.millions}
    first = days[given.millions[0]]["seconds"] / given.millions[0]
    for millions, day in days.items():
        day["per_million"] = round(day["seconds"] / millions / first, 2)
    print(json.dumps({f"{millions} million": day for millions, day in days.items()}))


def _day(millions: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="automart-bench-") as folder:
        for hour in range(24):
            made(millions * 1_000_000 // 24, seed=hour).write_parquet(
                Path(folder) / f"{hour:02}.parquet", compression="zstd"
            )
        done = subprocess.run(
            [sys.executable, "-m", "bench.engagement_day", "--one", folder], check=True, capture_output=True, text=True
        )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def counted(folder: Path) -> dict[str, float]:
    """Count each hour, then the day."""
    began = time.perf_counter()
    hours = [aggregate_hour(pl.read_parquet(file).lazy()) for file in sorted(folder.iterdir())]
    day = combine(pl.concat(hours))
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": round(seconds, 1), "peak_mb": round(peak), "rows": day.height}


if __name__ == "__main__":
    main()

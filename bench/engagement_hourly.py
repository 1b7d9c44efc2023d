"""Counting an hour beside bare polars: `python -m bench.engagement_hourly [--events 2000000]`.

Both read the same Parquet file and count by the same keys, in turn. Ours is the whole step as the loop does it but for
storing: all measures, exact visitors and sessions, and the sketches by which hours merge into days. The peer groups by
each key alone and counts events, views, and distinct devices and sessions of views by `n_unique`. Prints one JSON line.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl

from pipelines.engagement.aggregates.hourly import aggregate_hour
from pipelines.engagement.aggregates.measures import DIMENSIONS, IS_VIEW, OWNED
from tests.factories.engagement import HOUR, frame

ROUNDS = 5
CARS, DEALERS = 100_000, 2_000
_TYPES = ("listing_impression", "listing_view", "photo_view", "search", "contact_reveal", "favourite")


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hour.parquet"
        made(events).write_parquet(file, compression="zstd")
        print(json.dumps({"events": events, **measured(file)}))


def made(count: int) -> pl.DataFrame:
    """Events of an hour: a tenth as many devices, most views of few cars."""
    draw = np.random.default_rng(7)
    car = (draw.random(count) ** 3 * CARS).astype(np.int64)
    device = draw.integers(1, count // 10, count) * 92_233_720_367
    text = pl.String
    return frame([]).clear(count).with_columns(
        hour=pl.lit(HOUR), at=pl.lit(HOUR), received_at=pl.lit(HOUR), version=pl.lit(1, pl.Int16),
        device=pl.Series(device), session=pl.Series(device + draw.integers(0, 2, count)),
        event_id=pl.int_range(count).cast(text), after_close=pl.lit(value=False), channel=pl.lit("automart"),
        type=pl.Series(draw.choice(_TYPES, count, p=(0.6, 0.25, 0.05, 0.06, 0.01, 0.03))),
        mark=pl.Series(draw.choice(("none", "bot", "owner"), count, p=(0.93, 0.05, 0.02))),
        listing_id=pl.Series(car).cast(text), org_id=pl.Series(car % DEALERS).cast(text),
        branch_id=pl.Series(car % (2 * DEALERS)).cast(text), make=pl.Series(car % 30).cast(text),
        model=pl.Series(car % 300).cast(text), city=pl.Series(car % 60).cast(text), source=pl.lit("feed"),
        position=pl.Series(draw.integers(1, 40, count).astype(np.int32)),
    )  # fmt: skip


def ours(file: Path) -> int:
    """Count as the loop does; rows."""
    return aggregate_hour(pl.read_parquet(file).lazy()).height


def bare(file: Path) -> int:
    """Group by each key, with distinct devices and sessions; rows."""
    events = pl.read_parquet(file, columns=["type", "mark", "device", "session", "listing_id", "org_id", "branch_id",
                                            "make", "model", "city", "channel", "source"])  # fmt: skip
    rows = 0
    for name, key in DIMENSIONS.items():
        by = [key.alias("key"), *([pl.col("org_id")] if name in OWNED and name != "dealer" else [])]
        counted = (
            events.lazy()
            .group_by(by)
            .agg(
                pl.len().alias("events"),
                IS_VIEW.sum().alias("views"),
                pl.col("device").filter(IS_VIEW).n_unique().alias("visitors"),
                pl.col("session").filter(IS_VIEW).n_unique().alias("sessions"),
            )
        )
        rows += counted.collect().height
    return rows


def measured(file: Path) -> dict[str, object]:
    """Run both in turn; medians of seconds and their ratio."""
    took: dict[str, list[float]] = {"ours": [], "bare": []}
    for number in range(ROUNDS):
        for name, run in (("ours", ours), ("bare", bare))[:: -1 if number % 2 else 1]:
            began = time.perf_counter()
            run(file)
            took[name].append(time.perf_counter() - began)
    seconds = {name: median(each) for name, each in took.items()}
    return {
        "ours_s": round(seconds["ours"], 2),
        "bare_s": round(seconds["bare"], 2),
        "ratio": round(seconds["ours"] / seconds["bare"], 2),
    }


if __name__ == "__main__":
    main()

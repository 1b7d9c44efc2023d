"""Counting an hour beside bare polars and DuckDB: `python -m bench.engagement.hourly [--events 2000000]`.

All read the same Parquet file and count by the same keys, in turn. Ours is the whole step as the loop does it but for
storing: all measures, exact visitors and sessions, and the sketches by which hours merge into days. The peer groups by
each key alone and counts events, views, and distinct devices and sessions of views by `n_unique`. DuckDB does the same,
where `pip install duckdb` was run; the platform has no other use for it. Prints one JSON line.
"""

import argparse
import json
import tempfile
import time
from importlib.util import find_spec
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


def made(count: int, seed: int = 7) -> pl.DataFrame:
    """Events of an hour: a tenth as many devices, most views of few cars."""
    draw = np.random.default_rng(seed)
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


def duck(file: Path) -> int:
    """Group by each key alone in SQL of DuckDB; rows."""
    import duckdb

    branch = "coalesce(branch_id, '') || '|' || "
    model = "make || '|' || model"
    keys = {name: name for name in ("city", "channel", "source")} | {
        "all": "''", "listing": "listing_id", "dealer": "org_id", "branch": "branch_id", "model": model,
        "dealer_model": branch + model, "dealer_city": branch + "city", "dealer_source": branch + "source",
    }  # fmt: skip
    view = "FILTER (WHERE type = 'listing_view' AND mark = 'none')"
    rows = 0
    for name in DIMENSIONS:
        key = keys[name]
        by = f"{key}, org_id" if name in OWNED and name != "dealer" else key
        counted = duckdb.sql(
            f"SELECT {by}, count(*), count(*) {view}, count(DISTINCT device) {view}, count(DISTINCT session) {view}"
            f" FROM read_parquet('{file}') GROUP BY {by}"
        )
        rows += counted.pl().height
    return rows


def measured(file: Path) -> dict[str, float]:
    """Run all in turn; medians of seconds, and ours beside each peer."""
    peers = {"bare": bare, **({"duckdb": duck} if find_spec("duckdb") else {})}
    runs = [("ours", ours), *peers.items()]
    took: dict[str, list[float]] = {name: [] for name, _ in runs}
    for number in range(ROUNDS):
        for name, run in runs[:: -1 if number % 2 else 1]:
            began = time.perf_counter()
            run(file)
            took[name].append(time.perf_counter() - began)
    seconds = {name: median(each) for name, each in took.items()}
    ratios = {f"of_{name}": round(seconds["ours"] / seconds[name], 2) for name in peers}
    return {f"{name}_s": round(each, 2) for name, each in seconds.items()} | ratios


if __name__ == "__main__":
    main()

"""The peer of the feed benchmark: dlt's upsert of a CSV into PostgreSQL.

`bench.feeds.imports` runs it in a process of its own.

Usage: python bench/feeds/dlt_peer.py URL FILE PIPELINES_FOLDER [arrow|keyed|rows]

`arrow` is dlt's fastest way: pyarrow reads the file, dlt extracts Arrow tables and loads CSV by COPY. `rows` is the way
of its tutorials: `csv.DictReader` into dictionaries; `keyed` is `arrow` into a table to which `bench.feeds.limit` gave
keys. Prints one JSON line: seconds and seconds of CPU (after the imports), peak memory.
"""

import csv
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import pyarrow.csv

_ROWS_AT_ONCE = 50_000


def _tables(path: str) -> Iterator[Any]:
    yield from pyarrow.csv.open_csv(path, read_options=pyarrow.csv.ReadOptions(block_size=32 << 20))


def _rows(path: str) -> Iterator[list[dict[str, str]]]:
    with open(path, newline="", encoding="utf-8") as file:  # noqa: PTH123  (csv wants newline="")
        page = []
        for row in csv.DictReader(file):
            page.append(row)
            if len(page) == _ROWS_AT_ONCE:
                yield page
                page = []
        yield page


def peak_mb() -> int:
    """Most memory that this process held; `ru_maxrss` would begin with that of the process that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024


def main() -> None:
    url, path, folder, way = (*sys.argv[1:4], sys.argv[4] if len(sys.argv) > 4 else "arrow")
    started, mine = time.perf_counter(), time.process_time()
    pipeline = dlt.pipeline(
        f"cars_{way}", destination=dlt.destinations.postgres(url), dataset_name=f"peer_{way}", pipelines_dir=folder
    )
    cars = dlt.resource(
        _rows(path) if way == "rows" else _tables(path),
        name="cars",
        primary_key="Stock No",
        write_disposition={"disposition": "merge", "strategy": "upsert"},
    )
    pipeline.run(cars, loader_file_format=None if way == "rows" else "csv")
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "cpu": time.process_time() - mine, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()

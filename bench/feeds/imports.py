"""Measure how fast dealers' files become listings, beside dlt's upsert of the same file into the same server.

Usage: python -m bench.feeds.imports csv   [--rows 500000] [--repeat 5] [--peers arrow,keyed] [--peer-python PYTHON]
       python -m bench.feeds.imports small [--feeds 2000] [--rows 200] [--repeat 5]
       python -m bench.feeds.imports xml   [--rows 500000] [--repeat 5]
       python -m bench.feeds.imports xlsx  [--rows 100000] [--repeat 5]
       python -m bench.feeds.imports memory [--rows 5000000]

Every import runs in a process of its own, against an embedded PostgreSQL with the platform's schema in a temporary
folder; peers take turns in every repetition, medians are printed. dlt is the extra `bench`; with --peer-python it may
stand in an environment of its own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.feeds.files import MAPPING, stock, write_big_csv, write_csv
from bench.feeds.limit import add_keys, copy_alone, server_cpu
from bench.feeds.xlsx_files import compare_xlsx
from bench.feeds.xml_files import compare_xml, write_xml
from core.clock import utc_now
from core.db.embedded import embedded_postgres
from core.db.migrate import upgrade_to_head
from core.db.session import make_engine, make_session_factory, transaction
from core.db.tables import Org
from core.settings import Settings
from core.storage import open_storage
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.register import store_and_register
from pipelines.feeds.mapping.store import load_mapping

ROOT = Path(__file__).parents[2]
Timing = dict[str, Any]
_FIRST_LOAD = {"arrow": 0.7, "keyed": 1.1}
"""The factors by which a first load is to be faster than these ways of dlt."""


@dataclass(frozen=True)
class Bench:
    """A server with the platform's schema and a folder for everything."""

    url: str
    folder: Path
    root: Path = ROOT  # of the checkout that is measured

    def reset(self, dealers: int = 1) -> None:
        """No listings, no files, nothing of dlt; dealers d0, d1 and so on."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("TRUNCATE orgs CASCADE")
            connection.execute("TRUNCATE outbox_events")
            for way in ("arrow", "keyed", "rows"):
                connection.execute(f"DROP SCHEMA IF EXISTS peer_{way}, peer_{way}_staging CASCADE")
            connection.execute(
                "INSERT INTO orgs (code, name) SELECT 'd' || n, 'Dealer' FROM generate_series(0, %s) n", [dealers - 1]
            )
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
        subprocess.run(["rm", "-rf", str(self.folder / "dlt")], check=True)

    def ours(self, *what: str) -> Timing:
        command = [sys.executable, "-m", "bench.feeds.ours", self.url, str(self.folder / "home"), *what]
        return self._with_server(command, self.root)

    def dlt(self, python: str, path: Path, way: str) -> Timing:
        url = self.url.replace("postgres:@/", "postgres:unused@localhost:5432/")
        command = [python, str(ROOT / "bench" / "feeds" / "dlt_peer.py"), url]
        if way == "keyed" and not (self.folder / "dlt" / "cars_keyed").exists():
            run([*command, str(write_csv(self.folder / "one.csv", 1)), str(self.folder / "dlt"), way])
            add_keys(self.url)
        return self._with_server([*command, str(path), str(self.folder / "dlt"), way], ROOT)

    def _with_server(self, command: list[str], root: Path) -> Timing:
        """Run a child and add the server's CPU time to its own."""
        data = self.folder / "postgres" / "data"
        before = server_cpu(data)
        timing = run(command, cwd=root)
        return timing | {"cpu": timing.get("cpu", 0.0) + server_cpu(data) - before}

    def updated_rows(self) -> int:
        with psycopg.connect(self.url) as connection:
            query = "SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'listings'"
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0


def run(command: list[str], cwd: Path = ROOT) -> Timing:
    environment = dict(os.environ, RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="CRITICAL")  # noqa: TID251  (handed to children)
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} failed:\n{done.stderr[-3000:]}")
    timing: Timing = json.loads(done.stdout.strip().splitlines()[-1])
    return timing


@contextmanager
def bench(root: Path = ROOT, migrate: Callable[[str, Path], None] | None = None) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="automart-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, the server runs under another user
        with embedded_postgres(folder / "postgres") as url:
            (migrate or _migrate)(url, root)
            with psycopg.connect(url, autocommit=True) as connection:  # else it tidies up in the turn of another
                connection.execute("ALTER SYSTEM SET autovacuum = off").connection.execute("SELECT pg_reload_conf()")
            yield Bench(url, folder, root)


def _migrate(url: str, _: Path) -> None:
    engine = make_engine(url)
    upgrade_to_head(engine)
    engine.dispose()


def median(timings: list[Timing], of: str = "seconds") -> float:
    return float(statistics.median(timing[of] for timing in timings))


def compare_csv(options: argparse.Namespace) -> None:
    peers = [way for way in options.peers.split(",") if way]
    found: dict[str, list[Timing]] = defaultdict(list)
    with bench() as place:
        first = write_csv(place.folder / "first.csv", options.rows)
        again = write_csv(place.folder / "again.csv", options.rows, changed_every=100)
        print(f"{options.rows:,} rows x 22 columns, {first.stat().st_size / 1e6:.0f} MB; {options.repeat} repetitions")
        for turn in range(options.repeat):
            print(f"repetition {turn + 1}", file=sys.stderr, flush=True)
            place.reset()
            for path, label in ((first, "first load"), (again, "1 % changed")):
                before = place.updated_rows()
                timing = place.ours(str(path), "d0")
                found[f"ours, {label}"].append(timing | {"written": place.updated_rows() - before})
                if path == first:
                    found["bare COPY"].append(copy_alone(place.url, place.folder / "postgres" / "data"))
                for way in peers:
                    found[f"dlt {way}, {label}"].append(place.dlt(options.peer_python, path, way))
            found["ours, same bytes"].append(place.ours(str(again), "d0"))
    print_csv(found, peers)


def print_csv(found: dict[str, list[Timing]], peers: list[str]) -> None:
    for name, timings in found.items():
        all_seconds = " ".join(f"{timing['seconds']:.1f}" for timing in timings)
        peak = median(timings, "peak_mb")
        cpu = median(timings, "cpu")
        print(f"{name:<24}{median(timings):>8.2f} s   CPU {cpu:>7.2f} s   peak {peak:>6,.0f} MB   ({all_seconds})")
    for of in ("seconds", "cpu"):
        longer = median(found["ours, first load"], of) / median(found["bare COPY"], of)
        print(f"first load: {longer:.2f} x as many {of} as a bare COPY (at most 1.3): {verdict(longer <= 1.3)}")
        for way in peers:
            for label, target in (("first load", _FIRST_LOAD.get(way, 1.2)), ("1 % changed", 5.0)):
                ratio = median(found[f"dlt {way}, {label}"], of) / median(found[f"ours, {label}"], of)
                print(f"{label}, {of}: {ratio:.2f} x dlt {way} (target {target}): {verdict(ratio >= target)}")
    same = median(found["ours, same bytes"])
    print(f"same bytes: {same:.2f} s beyond process start (target 0.5): {verdict(same < 0.5)}")
    for timing in found["ours, 1 % changed"][:1]:
        exact = timing["written"] == timing["updated"]
        print(f"row versions written {timing['written']:,} = rows updated {timing['updated']:,}: {verdict(exact)}")


def verdict(holds: bool) -> str:
    return "met" if holds else "MISSED"


def compare_small(options: argparse.Namespace) -> None:
    """Many small feeds in one pass, beside one feed of as many rows in one pass."""
    many: list[Timing] = []
    one: list[Timing] = []
    with bench() as place:
        for _ in range(options.repeat):
            for timings, feeds, rows in ((many, options.feeds, options.rows), (one, 1, options.feeds * options.rows)):
                place.reset(feeds)
                register(place, rows)
                timings.append(place.ours("--pending"))
    ratio = median(many) / median(one)
    print(f"{options.feeds:,} feeds of {options.rows} rows: {median(many):.1f} s; one of as many: {median(one):.1f} s")
    print(f"small feeds: {ratio:.2f} x the time of one (target 2): {verdict(ratio <= 2)}")


def register(place: Bench, rows: int) -> None:
    engine = make_engine(place.url)
    storage = open_storage(Settings(automart_home=place.folder / "home", storage_url=None))
    now = utc_now()
    with transaction(make_session_factory(engine)) as session:
        for at, org in enumerate(session.query(Org).order_by(Org.code)):
            data = stock(rows, first=at * rows).write_csv().encode()
            delivery = Delivery(org, "stock.csv", data, load_mapping(MAPPING))
            store_and_register(session, storage, delivery, received_at=now + timedelta(microseconds=at), now=now)
    engine.dispose()


def measure_memory(options: argparse.Namespace) -> None:
    """Peak memory of the importing process, for a tenth of the rows and for all of them, as CSV and as XML."""
    with bench() as place:
        for kind, rows in ((kind, rows) for kind in ("csv", "xml") for rows in (options.rows // 10, options.rows)):
            place.reset()
            path = place.folder / f"big.{kind}"
            if kind == "csv":
                write_big_csv(path, rows)
            else:
                with path.open("wb") as file:
                    write_xml(file, rows)
            print_peak(f"{kind}, {rows:,} rows", place.ours(str(path), "d0"), 1000)
            if kind == "csv":
                write_big_csv(path, rows, changed_every=100)
                print_peak(f"{kind}, {rows:,} rows again, 1 % changed", place.ours(str(path), "d0"), 1500)
            path.unlink()


def print_peak(what: str, timing: Timing, most: int) -> None:
    peak = timing["peak_mb"]
    print(f"{what}: {timing['seconds']:.0f} s, peak {peak:,} MB (target {most:,}): {verdict(peak < most)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, action, rows in (
        ("csv", compare_csv, 500_000),
        ("small", compare_small, 200),
        ("xml", compare_xml, 500_000),
        ("xlsx", compare_xlsx, 100_000),
        ("memory", measure_memory, 5_000_000),
    ):
        command = commands.add_parser(name)
        command.set_defaults(action=action)
        command.add_argument("--rows", type=int, default=rows)
        command.add_argument("--repeat", type=int, default=5)
        command.add_argument("--feeds", type=int, default=2_000)
        ways = "ways of dlt: arrow (its fastest), keyed (into keys and indexes as ours), rows (its tutorials')"
        command.add_argument("--peers", default="arrow,keyed", help=ways)
        command.add_argument("--peer-python", default=sys.executable, help="Python that has dlt")
    options = parser.parse_args()
    options.action(options)


if __name__ == "__main__":
    main()

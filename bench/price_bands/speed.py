"""Measure the speed of price bands: training, a refresh of a million bands, quotes over HTTP beside an empty endpoint.

Usage: python -m bench.price_bands.speed [training] [refresh] [http]      default: all three
       --listings N: live listings of the refresh, default 1000000

Training reads ../shared/data/ads_2022.csv.gz, the others learn from ads_2025_raw.csv beside it. The refresh runs in
a PostgreSQL of its own in a temporary folder; its listings are the ads of 2025 over and over with other mileages.
Quotes are asked by keep-alive connections from this process; ours and the empty endpoint take turns.
"""

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.http_load import latencies, request_bytes, requests_per_second
from bench.price_bands.ads_2022 import read_ads_2022
from bench.price_bands.ads_2025 import read_ads_2025
from bench.price_bands.inventory import champion_of, fill_listings, quote_bodies
from bench.price_bands.refresh import verdict
from bench.server_process import served
from core.db.embedded import embedded_postgres
from core.db.logins import login_settings
from core.db.migrate import upgrade_to_head
from core.db.session import make_engine, make_session_factory, transaction
from core.settings import Settings
from core.storage import open_storage
from models.price_bands.evaluation.metrics import by_segment, measure
from models.price_bands.predict import predict_bands
from models.price_bands.train import fit
from pipelines.price_bands.samples.choosing import choose_samples
from pipelines.price_bands.versions.backtest import split_samples

SERVER = "bench.price_bands.http_server"
TRAINING_LIMIT = 120.0
LEAST_RATIO, P99_LIMIT_MS, PER_SECOND = 0.6, 25.0, 100.0
CONNECTIONS = (1, 8, 32, 64)
ROUNDS, ROUND_SECONDS = 3, 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of price bands; parts: training refresh http.")
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--listings", type=int, default=1_000_000)
    given = parser.parse_args()
    parts = given.parts or ["training", "refresh", "http"]
    if "training" in parts:
        training()
    if "refresh" in parts or "http" in parts:
        folder = Path(tempfile.mkdtemp(prefix="automart-speed-"))
        try:
            with embedded_postgres(folder / "postgres") as url:
                live(folder, url, parts, given.listings)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def training() -> None:
    """Fit, calibration and evaluation on all ads of 2022 that name a price."""
    ads = read_ads_2022()
    started = time.perf_counter()
    samples, excluded = choose_samples(ads)
    chosen = time.perf_counter() - started
    split = split_samples(samples)
    started = time.perf_counter()
    model = fit(split.training, as_of=samples["listed_on"].max())  # type: ignore[arg-type]
    trained = time.perf_counter() - started
    bands = predict_bands(model, split.test)
    metrics = measure(split.test["price_pkr"], bands)
    by_segment(split.test, split.training, bands)
    took = time.perf_counter() - started
    print(f"training on {split.training.height:,} of {ads.height:,} ads (excluded {excluded}, {chosen:.1f} s)")
    print(f"  fit and calibration {trained:.1f} s, evaluation on {split.test.height:,} ads {took - trained:.1f} s")
    print(f"  together {took:.1f} s {verdict(took <= TRAINING_LIMIT)} {TRAINING_LIMIT:.0f} s; {metrics.as_json()}")


def live(folder: Path, url: str, parts: list[str], listings: int) -> None:
    """Measure a refresh and quotes, which need a database and a champion."""
    settings = Settings(automart_home=folder, storage_url=None, meili_url=None, **login_settings(url))
    engine = make_engine(url)
    upgrade_to_head(engine)
    sessions = make_session_factory(engine)
    ads = read_ads_2025()
    with transaction(sessions) as session:
        champion_of(session, open_storage(settings), ads)
    if "refresh" in parts:
        with transaction(sessions) as session:
            fill_listings(session, ads, listings)
        refresh(settings, url, listings)
    if "http" in parts:
        http(folder, url, quote_bodies(ads))
    engine.dispose()


def refresh(settings: Settings, url: str, listings: int) -> None:
    """All bands, then none, then a thousand: in a process of its own, whose memory is its own."""
    where = [str(settings.home), url, str(listings)]
    subprocess.run([sys.executable, "-m", "bench.price_bands.refresh", *where], check=True)


def http(folder: Path, url: str, bodies: list[bytes]) -> None:
    """Requests per second beside the empty endpoint, and how long an answer takes at a steady rate."""
    requests = [request_bytes("/v1/price-bands", body) for body in bodies]
    random.Random(4).shuffle(requests)
    with served(SERVER, "ours", folder, url) as ours, served(SERVER, "empty", folder, url) as empty:
        for port in (ours, empty):
            requests_per_second(port, requests, connections=8, seconds=2.0)
        for connections in CONNECTIONS:
            rates: dict[int, list[float]] = {ours: [], empty: []}
            for _ in range(ROUNDS):
                for port, found in rates.items():
                    found.append(requests_per_second(port, requests, connections=connections, seconds=ROUND_SECONDS))
            mine, theirs = (statistics.median(rates[port]) for port in (ours, empty))
            ratio = mine / theirs
            print(
                f"quotes, {connections:>2} connections: {mine:,.0f} a second, empty endpoint {theirs:,.0f}, "
                f"ratio {ratio:.2f} {verdict(ratio >= LEAST_RATIO)} at least {LEAST_RATIO}"
            )
        for name, port in (("ours", ours), ("empty", empty)):
            took = latencies(port, requests, per_second=PER_SECOND, seconds=15.0)
            p50, p99 = (1_000 * took[int(share * (len(took) - 1))] for share in (0.5, 0.99))
            limit = f" {verdict(p99 <= P99_LIMIT_MS)} {P99_LIMIT_MS:.0f} ms" if port == ours else ""
            print(f"quotes at {PER_SECOND:.0f} a second, {name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms{limit}")


if __name__ == "__main__":
    main()

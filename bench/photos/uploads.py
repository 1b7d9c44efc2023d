"""Measure how long after their upload a new car's photos have a score in the search, over the API and with the loops.

    python -m bench.photos.uploads [--cars 8] [--photos 12] [--cars-listed 2000]

An app uploads and confirms the photos of one car after another (drawn, 1280 px, each another car) while `automart work`
runs the loops of photos, search and moderation in a process of its own. Seconds are counted from the answer to the last
confirmation to the first search that shows the score of all photos; the limit is 15 s at the 95th percentile. The car
gate is on where the detector was fetched (`make photo-models`).
"""

import argparse
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import psutil
from PIL import Image

from bench.leads_server import bench_settings
from bench.server_process import served
from core.access.roles import Role
from core.db.embedded import embedded_postgres
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from core.security.platform_keys import new_key_settings, open_keys
from core.settings import Settings, child_environment
from models.plates.weights import CAR_FILE
from samples.photos.draw import listing_photos
from tests.api.people import People, Person
from tests.api.photo_uploads import add_photo
from tests.factories.listings import add_listing, add_many

LIMIT_SECONDS = 15.0
OWN = "measured"


@dataclass(frozen=True)
class Bench:
    """A client of the API, somebody who manages the cars, the sessions, and the process of the loops."""

    client: httpx.Client
    agent: Person
    sessions: SessionFactory
    worker: subprocess.Popen[bytes]


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--cars", type=int, default=8)
    asked.add_argument("--photos", type=int, default=12)
    asked.add_argument("--cars-listed", type=int, default=2_000)
    options = asked.parse_args()
    with _bench(options.cars_listed) as bench:
        waits, confirming, judging = [], [], []
        for number in range(options.cars + 1):
            started, busy = time.perf_counter(), _processor_seconds(bench.worker.pid)
            word, car = _uploaded(bench, number, options.photos)
            confirmed = time.perf_counter()
            _wait_for_score(bench, word, car)
            if number:  # the first one waits for engines that are opened
                waits.append(time.perf_counter() - confirmed)
                confirming.append(confirmed - started)
                judging.append((_processor_seconds(bench.worker.pid) - busy) / options.photos)
                print(f"car {number}: {waits[-1]:.1f} s", flush=True)
        waits.sort()
        print(
            f"{options.cars} cars of {options.photos} photos: last confirmation to score in search p50"
            f" {waits[len(waits) // 2]:.1f} s, p95 {waits[int(len(waits) * 0.95)]:.1f} s, longest {waits[-1]:.1f} s"
            f" (p95 at most {LIMIT_SECONDS:.0f} s)"
        )
        print(f"uploading and confirming took {sum(confirming) / len(confirming):.1f} s a car")
        print(f"CPU of the loops and their child: {sum(judging) / len(judging) * 1000:.0f} ms a photo")
        print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


@contextmanager
def _bench(listed: int) -> Iterator[Bench]:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        embedded_postgres(Path(folder) / "postgres") as url,
    ):
        home = Path(folder)
        (home / "keys").write_text(json.dumps(new_key_settings()))
        settings = bench_settings(home, url)
        _keep_detector(settings)
        engine = make_engine(url)
        upgrade_to_head(engine)
        sessions = make_session_factory(engine)
        with transaction(sessions) as session:
            add_many(session, listed)
        agent = People(sessions, open_keys(settings)).person((OWN, Role.SALES_AGENT))
        with served("bench.leads_server", "ours", home, url) as port, _worker(settings) as worker:
            address = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
                yield Bench(client, agent, sessions, worker)
        engine.dispose()


def _keep_detector(settings: Settings) -> None:
    file = Settings().models_dir / CAR_FILE
    print("car gate", "on" if file.exists() else "off")
    if file.exists():
        settings.models_dir.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, settings.models_dir)


@contextmanager
def _worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "cli", "work", "--only", "photos,search,moderation"]
    process = subprocess.Popen(command, env=child_environment(settings))
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _uploaded(bench: Bench, number: int, photos: int) -> tuple[str, UUID]:
    """Add a car with a word of its own in its title, and upload and confirm its photos as an app does."""
    word = f"qxnew{number:03}"
    with transaction(bench.sessions) as session:
        car = add_listing(session, title=f"Corolla {word}", org=OWN)
    for drawn in listing_photos(70_000 + number, 900 + number, photos):
        data = io.BytesIO()
        Image.fromarray(drawn.pixels).save(data, "JPEG", quality=88)
        answer = add_photo(bench.client, bench.agent, car, data.getvalue())
        if answer.status_code != 200:
            raise SystemExit(f"A photo was refused: {answer.text}")
    return word, car


def _wait_for_score(bench: Bench, word: str, car: UUID) -> None:
    while True:
        listed = bench.client.get(f"/v1/listings/{car}/photos", headers=bench.agent.headers).json()
        together = listed["judgement"]
        states = {each["judgement"]["state"] for each in listed["photos"]}
        if states == {"done"} and together["is_current"] and together["score"] is not None:
            found = bench.client.get("/v1/listings", params={"q": word}).json()["items"]
            if found and found[0]["id"] == str(car) and found[0]["photo_score"] == together["score"]:
                return
        time.sleep(0.1)


def _processor_seconds(pid: int) -> float:
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(each.cpu_times().user + each.cpu_times().system for each in processes)


if __name__ == "__main__":
    main()

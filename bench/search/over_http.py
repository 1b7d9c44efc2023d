"""GET /v1/listings over HTTP: a real server process, the database read included, asked at a fixed rate.

The client is open-loop: a request leaves when its time has come, whether or not the one before was answered, and its
time runs from the moment at which it should have left. A server that falls behind cannot hide it.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.search import made_questions
from bench.server_process import free_port, processor_seconds
from core.db.copy import copy_frame
from core.db.embedded import embedded_postgres
from core.db.logins import login_settings
from core.db.migrate import upgrade_to_head
from core.db.session import make_engine, make_session_factory, transaction
from core.db.tables import FeedFile, Org
from core.search import open_search_engine
from core.security.platform_keys import new_key_settings
from core.settings import Settings, child_environment
from pipelines.search.rebuild import rebuild_index

RATE, SECONDS, WARM = 100, 20, 200
_LIMIT_MS = 10


def run(frame: pl.DataFrame, folder: Path) -> None:
    """Load, index, serve, ask."""
    with embedded_postgres(folder / "postgres") as url:
        settings = Settings(
            automart_home=folder / "home", storage_url=None, meili_url=None, **new_key_settings(), **login_settings(url)
        )
        engine = make_engine(url)
        upgrade_to_head(engine)
        with transaction(make_session_factory(engine)) as session:
            load(session, frame)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE listings"))
        started = time.perf_counter()
        with transaction(make_session_factory(engine)) as session:
            sent = rebuild_index(session, open_search_engine(settings)).upserted
        took = time.perf_counter() - started
        print(f"rebuild from PostgreSQL, verified: {sent / took:,.0f} listings/s ({took:.1f} s)")
        engine.dispose()
        serve_and_ask(settings)


def load(session: Session, frame: pl.DataFrame) -> None:
    """The rows as listings of their dealers."""
    orgs = {code: Org(code=code, name=code.title()) for code in frame["dealer"].unique().to_list()}
    session.add_all(orgs.values())
    session.flush()
    files = {
        code: FeedFile(
            org_id=org.id, name="cars.csv", mapping="classifieds", mapping_version=1, digest="0" * 64, size_bytes=1,
            storage_key="bench", received_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for code, org in orgs.items()
    }  # fmt: skip
    session.add_all(files.values())
    session.flush()
    rows = frame.with_columns(
        pl.col("dealer").replace_strict({code: str(org.id) for code, org in orgs.items()}).alias("org_id"),
        pl.col("dealer").replace_strict({code: str(file.id) for code, file in files.items()}).alias("file_id"),
        pl.lit(b"0" * 16).alias("content_hash"),
        pl.lit(1).alias("content_hash_version"),
        pl.int_range(1, pl.len() + 1).alias("row_number"),
    )
    copy_frame(session, "listings", rows.drop("dealer"))


def serve_and_ask(settings: Settings) -> None:
    """One server process, 100 requests a second."""
    port = free_port()
    command = [sys.executable, "-m", "api", "--port", str(port), "--quiet"]
    gateway = {"MESSAGES_HTTP_URL": "http://127.0.0.1:9/", "MESSAGES_HTTP_SECRET": "none is sent"}
    env = child_environment(settings) | gateway | {"PYTHONPATH": str(Path.cwd())}
    server = subprocess.Popen(command, env=env)
    try:
        times, failed, used = asyncio.run(ask(f"http://127.0.0.1:{port}", server.pid))
    finally:
        server.terminate()
        server.wait(20)
    print(f"the server used {used * 1000 / (RATE * SECONDS):.1f} ms of CPU a request, its start left out")
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    print(
        f"GET /v1/listings at {RATE} requests/s for {SECONDS} s:"
        f" p50 {cuts[49]:.1f}, p95 {cuts[94]:.1f}, p99 {cuts[98]:.1f} ms (limit p95 {_LIMIT_MS});"
        f" {failed} of {len(times)} failed"
    )


async def ask(address: str, server: int) -> tuple[list[float], int, float]:
    """Times in ms, failures, and the seconds of CPU that the server took for them."""
    asked = questions()
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=address, timeout=10, limits=limits) as client:
        await _until_up(client)
        for number in range(WARM):
            await client.get("/v1/listings", params=asked[number % len(asked)])
        before = processor_seconds(server)
        begun = asyncio.get_running_loop().time() + 0.5
        tasks = [_one(client, begun + number / RATE, asked[number % len(asked)]) for number in range(RATE * SECONDS)]
        answers = await asyncio.gather(*tasks)
        used = processor_seconds(server) - before
    return [took for took, _ in answers], sum(status != 200 for _, status in answers), used


def questions() -> list[dict[str, str | int | list[str]]]:
    """Every class of texts, and price ranges with five facets as every fifth."""
    texts = [text for asked in made_questions.texts().values() for text in asked]
    facets = [facet.value for facet in made_questions.FACETS]
    ranges: list[dict[str, str | int | list[str]]] = [
        {"price_min": query.filters.price_min or 0, "price_max": query.filters.price_max or 0, "facets": facets}
        for query in made_questions.faceted()
    ]
    named = [{"q": text} for text in texts[:: len(texts) // 300 or 1]]
    mixed: list[dict[str, str | int | list[str]]] = []
    for number, one in enumerate(named):
        mixed.append(dict(one))
        if number % 4 == 3:
            mixed.append(ranges[number // 4 % len(ranges)])
    return mixed


async def _one(client: httpx.AsyncClient, due: float, params: dict[str, str | int | list[str]]) -> tuple[float, int]:
    clock = asyncio.get_running_loop().time
    await asyncio.sleep(max(0.0, due - clock()))
    try:
        status = (await client.get("/v1/listings", params=params)).status_code
    except httpx.HTTPError:
        status = 0
    return (clock() - due) * 1000, status


async def _until_up(client: httpx.AsyncClient) -> None:
    for _ in range(300):
        try:
            if (await client.get("/healthz")).status_code < 500:
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.1)
    sys.exit("The server did not come up within 30 s.")

"""Measure a dealer's dashboard of 90 days over 2,000 listings: `python -m bench.engagement.dashboard`.

The application's login reads it as the API does, from counted days, hours and files of 180 days (a dashboard compares
with the period before). Its peer, measured in turn, is plain SQL for the sums of the range and the cars on offer.
Prints one JSON line.
"""

import argparse
import hashlib
import json
import random
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from uuid import UUID

import numpy as np
import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.access.tenant import work_for
from core.clock import market_today, utc_now
from core.db.copy import copy_frame
from core.db.embedded import embedded_postgres
from core.db.logins import Login, login_url
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from pipelines.engagement.aggregates.counting import day_digest
from pipelines.engagement.aggregates.hourly import AGGREGATE_COLUMNS
from pipelines.engagement.aggregates.measures import COUNTS
from pipelines.engagement.aggregates.sketches import K
from pipelines.engagement.aggregates.storing import Partition
from pipelines.engagement.days import DayRange
from serving.engagement.analytics import AnalyticsQuery, By, read_analytics
from tests.factories.listings import add_many

LIMIT_MS = 60
DAYS = 90
_BY_HAND = text("""
SELECT sum(views), sum(contacts), sum(leads), sum(impressions) FROM engagement_aggregates
WHERE org_id = :org AND grain = 'day' AND dimension = 'dealer' AND starts >= :first
""")
_CARS = text("""
SELECT l.id, l.title, l.price_pkr, l.listed_on, l.created_at, b.mid_pkr
FROM listings l LEFT JOIN price_bands b ON b.listing_id = l.id
WHERE l.org_id = :org
""")


def main() -> None:
    """Measure on a new embedded database, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listings", type=int, default=2_000)
    parser.add_argument("--reads", type=int, default=40)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder) / "postgres") as url:
        engine = make_engine(login_url(url, Login.OWNER))
        upgrade_to_head(engine)
        owner = make_session_factory(engine)
        org, today = fill(owner, chosen.listings)
        api = make_engine(login_url(url, Login.APPLICATION))
        print(json.dumps(measured(make_session_factory(api), org, today, chosen.reads)))
        api.dispose()
        engine.dispose()


def fill(sessions: SessionFactory, listings: int) -> tuple[UUID, DayRange]:
    """Write listings and their counts of 180 days; return the dealer and the last 90 days."""
    with transaction(sessions) as session:
        add_many(session, listings)
        org: UUID = session.scalars(text("SELECT org_id FROM listings LIMIT 1")).one()
        cars = [str(each) for each in session.scalars(text("SELECT id FROM listings"))]
    last = market_today() - timedelta(days=1)
    asked = DayRange(last - timedelta(days=DAYS - 1), last)
    draw = np.random.default_rng(7)
    for day in [*asked.before().days(), *asked.days()]:
        with transaction(sessions) as session:
            _fill_day(session, DayRange(day, day), (str(org), cars), draw)
    with transaction(sessions) as session:
        session.execute(text("ANALYZE"))
    return org, asked


def _fill_day(session: Session, day: DayRange, dealer: tuple[str, list[str]], draw: np.random.Generator) -> None:
    org, cars = dealer
    hours = {hour: Partition(hour, *_digests(hour), 100) for hour in day.hours()}
    for hour in hours:
        given = {"hour": hour, "digest": hashlib.sha256(str(hour).encode()).hexdigest()}
        session.execute(text("INSERT INTO engagement_hours (hour, state) VALUES (:hour, 'sealed')"), given)
        session.execute(
            text(
                "INSERT INTO engagement_files (hour, supplement, object_key, digest, events, bytes, written_at, people)"
                " VALUES (:hour, 0, :digest, :digest, 100, 1, :hour, '{}')"
            ),
            given,
        )
    partitions = [("hour", each.starts, each.input_digest, each.outcome_digest) for each in hours.values()]
    partitions.append(("day", day.start, day_digest(hours), "of the day"))
    rows = [(*each[:1], each[1].isoformat(), *each[2:], 100, utc_now().isoformat()) for each in partitions]
    names = ["grain", "starts", "input_digest", "outcome_digest", "events", "computed_at"]
    copy_frame(session, "engagement_partitions", pl.DataFrame(rows, schema=names, orient="row"))
    parts = [_rows("listing", cars, 12, draw), _rows("dealer", [org], 3 * K, draw)]
    frame = pl.concat(parts).with_columns(grain=pl.lit("day"), starts=pl.lit(day.start.isoformat()), org_id=pl.lit(org))
    copy_frame(session, "engagement_aggregates", frame.select("grain", "starts", *AGGREGATE_COLUMNS))


def _digests(hour: datetime) -> tuple[str, str]:
    file = hashlib.sha256(str(hour).encode()).hexdigest()
    return hashlib.sha256(f"0 {file}".encode()).hexdigest(), file


def _rows(dimension: str, keys: list[str], visitors: int, draw: np.random.Generator) -> pl.DataFrame:
    """Make a row of counts for each key, with `visitors` drawn from 300,000 people."""
    sketches = []
    for _ in keys:
        people = draw.choice(300_000, visitors).astype(np.uint64)
        digests = np.unique(people * np.uint64(0x9E3779B97F4A7C15))[:K]
        sketches.append(digests.astype("<u8").tobytes())
    sizes = [len(each) // 8 for each in sketches]
    return pl.DataFrame({"key": keys, "visitor_sketch": sketches, "session_sketch": sketches}).with_columns(
        pl.lit(dimension).alias("dimension"), *(pl.lit(visitors).alias(name) for name in COUNTS),
        pl.Series("visitors", sizes), pl.Series("sessions", sizes),
    )  # fmt: skip


def measured(sessions: SessionFactory, org: UUID, days: DayRange, reads: int) -> dict[str, object]:
    """Measure the reads in random order; return medians and 95th percentiles in ms."""
    code = "khan-motors"
    person = Principal(UUID(int=1), memberships=(Membership(org, code, Role.ORG_ADMIN),))

    def dashboard(by: By | None) -> None:
        with transaction(sessions) as session:
            work_for(session, person)
            read_analytics(session, person, AnalyticsQuery(code, days, by), market_today())

    def by_hand() -> None:
        with transaction(sessions) as session:
            work_for(session, person)
            session.execute(_BY_HAND, {"org": org, "first": days.start}).all()
            session.execute(_CARS, {"org": org}).all()

    asked: dict[str, Callable[[], None]] = {
        "whole": partial(dashboard, None), "by_day": partial(dashboard, "day"),
        "by_listing": partial(dashboard, "listing"), "sql_by_hand": by_hand,
    }  # fmt: skip
    took: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(reads + 2):
        for name in random.Random(number).sample(sorted(asked), len(asked)):
            began = time.perf_counter()
            asked[name]()
            if number > 1:  # the first ones warm the caches
                took[name].append(1_000 * (time.perf_counter() - began))
    found = {
        name: {"median_ms": round(median(each), 1), "p95_ms": round(sorted(each)[int(0.95 * len(each))], 1)}
        for name, each in took.items()
    }
    return {"days": DAYS, "limit_ms": LIMIT_MS, **found}


if __name__ == "__main__":
    main()

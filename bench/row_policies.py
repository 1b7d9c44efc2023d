"""Measure what row policies cost a page of 20 listings: the API's login beside one that policies do not bind.

Usage: python -m bench.row_policies [--rows 100000] [--pages 400]

Both logins read the same pages in turn, on an embedded PostgreSQL in a temporary folder. Measured is the processor time
of client and server, so that other processes of the machine do not count. A caller who has logged in costs one more
statement, which tells the database who calls. Fails above 0.4 ms.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

import psutil
from sqlalchemy import text

from core.access.audience import Audience
from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.access.tenant import work_for
from core.db.embedded import embedded_postgres
from core.db.logins import Login, login_url
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from serving.listings.finding.repository import ListingRepository
from tests.factories.listings import add_many

LIMIT_MS = 0.4
_BANDS = """
INSERT INTO price_bands (listing_id, low_pkr, mid_pkr, high_pkr, confidence, method, listing_updated_at, computed_at)
SELECT id, 1, 2, 3, 1, 'model', now(), now() FROM listings
"""


def main() -> None:
    """Measure, print, and exit with 1 where policies cost more than they may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--pages", type=int, default=400)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="automart-bench-") as name, embedded_postgres(Path(name) / "pg") as url:
        sessions = {login: make_session_factory(make_engine(login_url(url, login), connections=1)) for login in Login}
        ids, org = fill(sessions[Login.PIPELINES], url, given.rows)
        callers = {
            "visitor": (Principal.anonymous(), Audience.anonymous()),
            "dealer": (Principal(UUID(int=2), (Membership(org, "x", Role.SALES_AGENT),)), Audience.dealer(org)),
        }
        worst = 0.0
        for who, (principal, audience) in callers.items():
            bound, free = measure(sessions, ids, principal, audience, given.pages)
            worst = max(worst, bound - free)
            print(f"{who}: {bound:.3f} ms with policies, {free:.3f} ms without, {bound - free:+.3f} ms a page of 20")
        for factory in sessions.values():
            factory.kw["bind"].dispose()
    sys.exit(worst > LIMIT_MS)


def fill(sessions: SessionFactory, url: str, rows: int) -> tuple[list[UUID], UUID]:
    """Make the market; return the ids of its cars and their dealer."""
    owner = make_engine(login_url(url, Login.OWNER))
    upgrade_to_head(owner)
    owner.dispose()
    with transaction(sessions) as session:
        add_many(session, rows)
        session.execute(text(_BANDS))
    with transaction(sessions) as session:
        session.execute(text("ANALYZE listings, price_bands, orgs"))
        org: UUID = session.execute(text("SELECT org_id FROM listings LIMIT 1")).scalar_one()
        return list(session.scalars(text("SELECT id FROM listings"))), org


def measure(
    sessions: dict[Login, SessionFactory], ids: list[UUID], principal: Principal, audience: Audience, pages: int
) -> tuple[float, float]:
    """Return the processor time of a page in ms, client and server together: bound by policies, and not."""
    draw = random.Random(1)
    taken = {Login.APPLICATION: 0.0, Login.PIPELINES: 0.0}
    servers = {login: backend(sessions[login]) for login in taken}
    for page in range(-pages // 10, pages):  # the first ones warm the caches
        if page == 0:
            began = {login: sum(servers[login].cpu_times()[:2]) for login in taken}
            taken = dict.fromkeys(taken, 0.0)
        asked = draw.sample(ids, 20)
        for login in sorted(taken, reverse=bool(page % 2)):
            before = time.process_time()
            with transaction(sessions[login]) as session:
                if login is Login.APPLICATION:
                    work_for(session, principal)
                ListingRepository(session).visible(asked, audience)
            taken[login] += time.process_time() - before
    spent = {login: taken[login] + sum(servers[login].cpu_times()[:2]) - began[login] for login in taken}
    return 1000 * spent[Login.APPLICATION] / pages, 1000 * spent[Login.PIPELINES] / pages


def backend(sessions: SessionFactory) -> psutil.Process:
    """Return the server's process that serves the one connection of a pool."""
    with transaction(sessions) as session:
        return psutil.Process(session.execute(text("SELECT pg_backend_pid()")).scalar_one())


if __name__ == "__main__":
    main()

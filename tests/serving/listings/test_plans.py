"""The plans of the API's statements under its own login, at 100,000 listings: each finds its rows by an index.

A policy's condition is looked at before any function of the statement that could leak a row, so such a function keeps
the statement from its index: the look-up by make and model took 93 ms in place of 0.5 while it was an expression.
"""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.access.tenant import work_for
from core.db.logins import Login
from serving.listings.finding.repository import ListingRepository
from serving.listings.finding.similar import SimilarRepository
from serving.price_bands.market import MarketRepository
from serving.price_bands.repository import PriceBandRepository
from tests.factories.listings import add_many

LISTINGS = 100_000
ORG = UUID(int=1)
VISITOR = (Principal.anonymous(), Audience.anonymous())
DEALER = (Principal(UUID(int=2), (Membership(ORG, "x", Role.SALES_AGENT),)), Audience.dealer(ORG))
_BANDS = """
INSERT INTO price_bands (listing_id, confidence, method, reason, listing_updated_at, computed_at)
SELECT id, 0, 'none', 'x', updated_at, now() FROM listings
"""


@pytest.fixture(scope="module")
def market(admin_engine: Engine) -> Iterator[Session]:
    """A market that is never committed, seen by the application's login."""
    with Session(admin_engine) as session:
        add_many(session, LISTINGS)
        session.execute(text("UPDATE listings SET visibility = 'private' WHERE row_number % 20 = 7"))
        session.execute(text(_BANDS))
        session.execute(text("ANALYZE listings, price_bands, orgs"))
        session.execute(text(f"SET LOCAL ROLE {Login.APPLICATION}"))
        yield session


@pytest.fixture(params=[VISITOR, DEALER], ids=["visitor", "dealer"])
def caller(request: pytest.FixtureRequest, market: Session) -> Audience:
    principal, audience = request.param
    market.execute(text("SELECT set_config('automart.orgs', '', true), set_config('automart.dealer', '', true)"))
    work_for(market, principal)
    return audience  # type: ignore[no-any-return]


def plans(session: Session, read: Callable[[], object]) -> list[dict[str, Any]]:
    """The plan of every statement that a reading runs."""
    said: list[tuple[str, Any]] = []
    engine = session.get_bind()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        said.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        read()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    explained = [
        session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
        for statement, parameters in said
    ]
    return [plan[0] for plan in explained]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("page of 20", "pk_listings"),
        ("one listing", "pk_listings"),
        ("similar cars", "ix_listings_offered_car"),
        ("typical car", "ix_listings_offered_car"),
        ("comparables", "ix_listings_offered_car"),
        ("car to explain", "pk_listings"),
        ("band", "pk_listings"),
    ],
)
def test_statement_finds_listings_by_its_index(market: Session, caller: Audience, name: str, index: str) -> None:
    ids = list(market.scalars(text("SELECT id FROM listings WHERE visibility = 'public' ORDER BY random() LIMIT 20")))
    (car,) = ListingRepository(market).visible(ids[:1], caller)
    readings: dict[str, Callable[[], object]] = {
        "page of 20": lambda: ListingRepository(market).visible(ids, caller),
        "one listing": lambda: ListingRepository(market).visible_one(ids[0], caller),
        "similar cars": lambda: SimilarRepository(market).similar_ids(car, caller, 6),
        "typical car": lambda: MarketRepository(market).typical("toyota", "COROLLA", caller),
        "comparables": lambda: MarketRepository(market).candidates("Toyota", "Corolla", 2018, 80_000, caller),
        "car to explain": lambda: MarketRepository(market).car(ids[0], caller),
        "band": lambda: PriceBandRepository(market).visible_one(ids[0], caller),
    }
    found = plans(market, readings[name])
    assert found
    for plan in found:
        every = list(nodes(plan["Plan"]))
        scanned = [node.get("Relation Name") for node in every if node["Node Type"] == "Seq Scan"]
        assert [table for table in scanned if table in ("listings", "price_bands")] == [], plan
        used = {node["Index Name"] for node in every if "Index Name" in node}
        assert index in used, (used, plan)
        conditions = [node.get("Index Cond") for node in every if node.get("Index Name") == index]
        assert all(conditions), plan

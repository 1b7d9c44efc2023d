"""Listings for tests, written as an import writes them: the row and its file; the table's triggers tell the outbox."""

import itertools
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import column, select, table, text
from sqlalchemy.orm import Session

from core.db.session import SessionFactory
from core.db.tables import FeedFile, Listing, Org

_numbers = itertools.count(1)
CHANGES = table("outbox_changes", column("id"), column("kind"), column("topic"), column("subject_id"))
"""The outbox event by event: a row of `outbox_events` may stand for many creations."""
PRICES = table(
    "listing_price_history", *(column(name) for name in ("id", "listing_id", "price_pkr", "observed_at", "source"))
)
"""All prices of listings; `listing_prices` has none of a price that has never changed."""

PLAIN: dict[str, Any] = {
    "title": "Toyota Corolla GLi 2018",
    "make": "Toyota",
    "model": "Corolla",
    "variant": "GLi",
    "model_year": 2018,
    "mileage_km": 80_000,
    "price_pkr": 3_500_000,
    "city": "Lahore",
    "province": "Punjab",
    "body": "sedan",
    "fuel": "petrol",
    "visibility": "public",
    "channels": ["automart", "autotrader"],
}


def dealer(session: Session, code: str = "khan-motors") -> Org:
    """The organisation with this code, made if missing."""
    found = session.scalar(select(Org).where(Org.code == code))
    if found is None:
        found = Org(code=code, name=code.title())
        session.add(found)
        session.flush()
    return found


def add_listing(session: Session, *, org: str = "khan-motors", **columns: Any) -> UUID:
    """A live listing: PLAIN with other columns as given."""
    owner = dealer(session, org)
    number = next(_numbers)
    file = session.scalar(select(FeedFile).where(FeedFile.org_id == owner.id).limit(1))
    if file is None:
        file = FeedFile(
            org_id=owner.id, name="cars.csv", mapping="classifieds", mapping_version=1, digest="0" * 64,
            size_bytes=1, storage_key="feeds/test", received_at=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        session.add(file)
        session.flush()
    listing = Listing(
        org_id=owner.id, content_hash_version=1,
        **PLAIN | {"source_key": f"car-{number}", "content_hash": b"0" * 16}
        | {"file_id": file.id, "row_number": number} | columns,
    )  # fmt: skip
    session.add(listing)
    session.flush()
    return listing.id


def change_listing(session: Session, listing_id: UUID, **columns: Any) -> None:
    """Set columns; `status='withdrawn'` removes."""
    listing = session.get_one(Listing, listing_id)
    for name, value in columns.items():
        setattr(listing, name, value)
    session.flush()


def add_many(session: Session, count: int) -> None:
    """Many different live public listings at once, by SQL."""
    template = add_listing(session)
    session.execute(
        text(
            """
            INSERT INTO listings (org_id, source_key, visibility, channels, title, make, model, variant, model_year,
              mileage_km, price_pkr, city, province, body, fuel, content_hash, content_hash_version, file_id,
              row_number)
            SELECT org_id, 'many-' || n, visibility, channels, concat_ws(' ', m.make, m.model, m.year), m.make,
              m.model, 'v' || n % 9, m.year, n * 37 % 200000, (5 + n % 90) * 100000,
              (ARRAY['Lahore', 'Karachi', 'Islamabad', 'Multan', 'Peshawar'])[1 + n % 5], province,
              (ARRAY['sedan', 'hatchback', 'suv'])[1 + n % 3], fuel, content_hash, content_hash_version, file_id, n
            FROM listings, generate_series(1, :count) n, LATERAL (
              SELECT (ARRAY['Toyota', 'Honda', 'Suzuki', 'Kia'])[1 + n % 4] AS make, 2000 + n % 25 AS year,
                (ARRAY['Corolla', 'Civic', 'Alto', 'Sportage', 'City', 'Vitz', 'Mehran'])[1 + n % 7] AS model
            ) m
            WHERE listings.id = :template
            """
        ),
        {"count": count, "template": template},
    )


def settle(factory: SessionFactory) -> None:
    """Wait until every event so far is settled, so that the next sync sends all of them.

    Transaction ids belong to the whole server: a transaction of another worker's database holds the horizon as well.
    """
    settled = text("SELECT coalesce(max(xid) < pg_snapshot_xmin(pg_current_snapshot()), true) FROM outbox_events")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with factory() as session:
            if session.scalar(settled):
                return
        time.sleep(0.01)
    raise AssertionError("a transaction of this server has been open for 30 s")

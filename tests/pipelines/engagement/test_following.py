"""Acts of the platform itself enter the stream once: listings, leads and deposits, from the outbox."""

from typing import Any
from uuid import uuid4

from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.engagement.digests import Digests
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.outbox.follow import following
from pipelines.engagement.consumers import SERVER_TRUTH
from pipelines.engagement.following import following_changes
from tests.factories.listings import add_listing, change_listing
from tests.factories.turns import OneTurn

DIGESTS = Digests(b"0" * 32)


def follow(factory: SessionFactory) -> None:
    turn = following(SERVER_TRUTH, following_changes(DIGESTS))
    while turn(OneTurn(factory)):  # type: ignore[arg-type]
        pass


def change(factory: SessionFactory, listing: Any, **columns: Any) -> None:
    with transaction(factory) as session:
        change_listing(session, listing, **columns)


def test_changes_leads_and_deposits_enter_the_stream_once(session_factory: SessionFactory) -> None:
    lead, deposit = uuid4(), uuid4()
    with transaction(session_factory) as session:
        car = add_listing(session)
    change(session_factory, car, price_pkr=3_000_000)
    change(session_factory, car, price_pkr=3_200_000)
    change(session_factory, car, status="sold")
    named = {"listing_id": str(car), "device_id": "phone-1", "session_id": "s1", "query_id": "q-1"}
    with transaction(session_factory) as session:
        emit(session, "lead", NewEvent(lead, "created", payload=named), NewEvent(lead, "changed", payload=named))
        emit(session, "lead", *[NewEvent(lead, "answered", payload={"listing_id": str(car)})] * 2)
        emit(session, "lead", NewEvent(uuid4(), "created", payload={"listing_id": "rubbish"}))
        emit(session, "deposit", NewEvent(deposit, "opened", payload=named))
    follow(session_factory)
    with transaction(session_factory) as session:
        session.execute(text("DELETE FROM outbox_offsets"))
    follow(session_factory)
    with session_factory() as session:
        rows = session.execute(
            text("SELECT type, device, price_pkr, old_price_pkr, lead_id, make, query_id, mark, properties"
                 " FROM engagement_events ORDER BY at, type, lead_id = :lead"), {"lead": lead},
        ).all()  # fmt: skip
    device = DIGESTS.device("phone-1")
    assert [row.type for row in rows] == [
        "listing_created", "listing_changed", "price_drop", "listing_changed", "listing_removed", "listing_sold",
        "deposit_opened", "lead_answered", "lead_created", "lead_created",
    ]  # fmt: skip
    drop, removed, opened, answered, unread, created = rows[2], rows[4], *rows[6:]
    assert (drop.price_pkr, drop.old_price_pkr, drop.device, drop.make) == (3_000_000, 3_500_000, 0, "Toyota")
    assert removed.properties == {"state": "sold"}
    assert (opened.device, answered.device, unread.device, created.device) == (device, 0, 0, device)
    assert (created.lead_id, created.make, created.query_id, unread.make) == (lead, "Toyota", "q-1", None)
    assert {row.mark for row in rows} == {"none"}

"""Measure how fast messages are queued: an event of very many subscriptions, and a feed that changes very many cars."""

import time
from uuid import UUID, uuid4

from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.outbox.follow import following
from pipelines.webhooks.consumers import QUEUE
from pipelines.webhooks.fan_out import fan_out
from tests.factories.listings import add_many
from tests.factories.turns import OneTurn

SUBSCRIPTIONS = 10_000
_MANY = text("""
WITH partners AS (
  INSERT INTO orgs (code, name, kind) SELECT 'partner-' || n, 'Partner', 'partner' FROM generate_series(1, 200) n
  RETURNING id
)
INSERT INTO webhook_endpoints (org_id, url, events, secret, signing_key, public_key, phase)
SELECT p.id, 'https://crm.example.com/' || n, ARRAY['band.changed'], '', '', '', 'active'
FROM partners p, generate_series(1, :each) n
""")
_FOLLOW = text("""
INSERT INTO webhook_endpoints (org_id, url, events, secret, signing_key, public_key, phase)
SELECT id, 'https://crm.example.com/', ARRAY['listing.price_changed'], '', '', '', 'active'
FROM orgs WHERE code = 'khan-motors'
""")
_EVENTS_A_TURN = 1_000  # as the loop has it


def fan_out_seconds(sessions: SessionFactory, org_id: UUID) -> float:
    """Measure from one event in the outbox to its deliveries for 10,000 subscriptions, which are deleted then."""
    with transaction(sessions) as session:
        session.execute(_MANY, {"each": SUBSCRIPTIONS // 200})
        session.execute(text("ANALYZE webhook_endpoints"))
    _drain(sessions)
    with transaction(sessions) as session:
        event = NewEvent(uuid4(), "rated", org_id, audience=("automart:public",))
        emit(session, "price_band", event)
    return _queueing_seconds(sessions, SUBSCRIPTIONS)


def feed_seconds(sessions: SessionFactory, cars: int) -> float:
    """Measure from one statement that changes the prices of cars to the deliveries for one subscription."""
    with transaction(sessions) as session:
        add_many(session, cars - 1)
        session.execute(_FOLLOW)
    _drain(sessions)
    with transaction(sessions) as session:
        session.execute(text("UPDATE listings SET price_pkr = price_pkr + 7"))
    return _queueing_seconds(sessions, cars)


def _queueing_seconds(sessions: SessionFactory, deliveries: int) -> float:
    """Measure until all that is due is queued, and end the subscriptions; the number of deliveries must be this."""
    began = time.perf_counter()
    _drain(sessions)
    seconds = time.perf_counter() - began
    with transaction(sessions) as session:
        queued = session.scalar(text("SELECT count(*) FROM webhook_deliveries"))
        session.execute(text("UPDATE webhook_endpoints SET deleted_at = now()"))
    if queued != deliveries:
        raise SystemExit(f"{queued} of {deliveries} deliveries were queued")
    return seconds


def _drain(sessions: SessionFactory) -> None:
    queue = following(QUEUE, fan_out, _EVENTS_A_TURN)
    while queue(OneTurn(sessions)):
        pass

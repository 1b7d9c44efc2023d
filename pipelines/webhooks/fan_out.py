"""Turn events of the outbox into messages, and messages into deliveries for the endpoints that may have them."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.dialects.postgresql import insert as insert_or_skip
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables.webhooks import WebhookDelivery, WebhookEndpoint, WebhookMessage
from core.outbox.events import Event
from pipelines.webhooks.car_filter import FACTS_SQL, MATCHES_SQL, facts_of
from pipelines.webhooks.catalogue import Message, event_types, messages_of

# Partners hear of everything that visitors may see; everybody else of the own organisation's subjects alone.
_WANTED = text("""
SELECT e.org_id, o.kind = 'partner' AS is_partner, unnest(e.events) AS type
FROM webhook_endpoints e JOIN orgs o ON o.id = e.org_id WHERE e.deleted_at IS NULL AND o.blocked_at IS NULL
""")
_CARS = text("SELECT id, branch_id, make, model, city, model_year, price_pkr FROM listings WHERE id = ANY(:ids)")
# Ads and leads of the marketplace are those of private sellers: it hears of what visitors may see, and no more.
# Of a time in which nothing is sent there, deliveries are kept as skipped: they can be asked for again.
_DELIVER = text(f"""
INSERT INTO webhook_deliveries
  (endpoint_id, org_id, message_id, subject_id, sequence, outcome, outcome_reason, due_at)
SELECT e.id, e.org_id, m.id, m.subject_id, m.sequence,
  CASE e.phase WHEN 'active' THEN 'waiting' ELSE 'skipped' END, nullif(e.phase, 'active'), :now
FROM webhook_messages m
JOIN webhook_endpoints e ON m.type = ANY(e.events) AND e.deleted_at IS NULL
  AND (e.branch_id IS NULL OR e.branch_id = m.branch_id)
JOIN orgs o ON o.id = e.org_id AND o.blocked_at IS NULL
LEFT JOIN jsonb_to_recordset(CAST(:facts AS jsonb)) AS f {FACTS_SQL} ON f.id = m.id
WHERE m.id = ANY(:ids) AND e.id <> m.subject_id AND (e.car_filter = '{{}}' OR {MATCHES_SQL})
  AND CASE WHEN e.org_id = m.org_id THEN o.kind <> 'marketplace' OR m.is_public
    ELSE o.kind = 'partner' AND m.is_public END
ORDER BY m.id, e.id
ON CONFLICT DO NOTHING
""")  # noqa: S608  (names of columns, no input)


@dataclass(frozen=True)
class _Wanted:
    """The events that somebody subscribed to: of the own organisation, and of what is public."""

    own: dict[UUID, set[str]]
    public: set[str]

    def of(self, event: Event) -> set[str]:
        own = self.own.get(event.org_id, set()) if event.org_id is not None else set()
        return own | self.public if "automart:public" in event.audience else own


def fan_out(session: Session, events: Sequence[Event]) -> None:
    """Write the messages of events and their deliveries, each once; the caller commits them with its position."""
    wanted = _wanted(session)
    types = event_types()
    made = [
        message
        for event in events
        for message in messages_of(event, [types[name] for name in wanted.of(event) if name in types])
    ]
    if made:
        cars = {car.id: car for car in session.execute(_CARS, {"ids": list({each.listing_id for each in made})})}
        facts = _add_messages(session, made, cars)
        session.execute(_DELIVER, {"ids": list(facts), "facts": json.dumps(list(facts.values())), "now": utc_now()})


def queue_message(session: Session, endpoint: WebhookEndpoint, payload: dict[str, Any], *, is_ping: bool) -> UUID:
    """Queue one message for one endpoint alone: a ping, or a test event; the endpoint is the message's subject."""
    alike = (WebhookMessage.subject_id == endpoint.id, WebhookMessage.type == payload["type"])
    number = (session.scalar(select(func.max(WebhookMessage.sequence)).where(*alike)) or 0) + 1
    message = WebhookMessage(
        id=session.scalar(select(func.uuidv7())), type=payload["type"], org_id=endpoint.org_id, subject_id=endpoint.id,
        sequence=number, is_public=False, payload=payload, created_at=utc_now(),
    )  # fmt: skip
    session.add(message)
    session.flush()
    delivery = WebhookDelivery(
        id=session.scalar(select(func.uuidv7())), endpoint_id=endpoint.id, org_id=endpoint.org_id,
        message_id=message.id, subject_id=endpoint.id, sequence=number, is_ping=is_ping, outcome="waiting", attempts=0,
        due_at=utc_now(), created_at=utc_now(),
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    return delivery.id


def _wanted(session: Session) -> _Wanted:
    own: defaultdict[UUID, set[str]] = defaultdict(set)
    public: set[str] = set()
    for row in session.execute(_WANTED):
        own[row.org_id].add(row.type)
        if row.is_partner:
            public.add(row.type)
    return _Wanted(dict(own), public)


def _add_messages(session: Session, made: list[Message], cars: Mapping[UUID, Row[Any]]) -> dict[UUID, dict[str, Any]]:
    """Add the messages that are new; return what filters know of each one's car, by the message's id."""
    statement = insert_or_skip(WebhookMessage).on_conflict_do_nothing()
    known = (WebhookMessage.type, WebhookMessage.subject_id, WebhookMessage.sequence)
    added = session.execute(statement.returning(WebhookMessage.id, *known), _rows(made, cars)).all()
    by_key = {(each.type, each.subject_id, each.sequence): each for each in made}
    facts = {}
    for row in added:
        message = by_key[row.type, row.subject_id, row.sequence]
        car = cars.get(message.listing_id)
        facts[row.id] = {"id": str(row.id), **({} if car is None else facts_of(message, car))}
    return facts


def _rows(messages: list[Message], cars: Mapping[UUID, Row[Any]]) -> list[dict[str, Any]]:
    """Return messages as rows of the table, with the branch of the car where the event did not name one."""
    return [
        {
            "type": each.type,
            "org_id": each.org_id,
            "branch_id": each.branch_id or (cars[each.listing_id].branch_id if each.listing_id in cars else None),
            "subject_id": each.subject_id,
            "sequence": each.sequence,
            "is_public": each.is_public,
            "payload": each.payload,
        }
        for each in messages
    ]

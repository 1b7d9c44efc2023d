"""Turn events of the outbox into messages, and messages into deliveries for the endpoints that may have them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.dialects.postgresql import insert as insert_or_skip
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables.webhooks import WebhookDelivery, WebhookEndpoint, WebhookMessage
from core.outbox.events import Event
from pipelines.webhooks.catalogue import Message, event_types, messages_of

# Partners hear of everything that visitors may see; everybody else of the own organisation's subjects alone.
_WANTED = text("""
SELECT e.org_id, o.kind = 'partner' AS is_partner, unnest(e.events) AS type
FROM webhook_endpoints e JOIN orgs o ON o.id = e.org_id WHERE e.deleted_at IS NULL AND o.blocked_at IS NULL
""")
_BRANCHES = text("SELECT id, branch_id FROM listings WHERE id = ANY(:ids) AND branch_id IS NOT NULL")
# Ads and leads of the marketplace are those of private sellers: it hears of what visitors may see, and no more.
# Of a time in which nothing is sent there, deliveries are kept as skipped: they can be asked for again.
_DELIVER = text("""
INSERT INTO webhook_deliveries
  (endpoint_id, org_id, message_id, subject_id, sequence, outcome, outcome_reason, due_at)
SELECT e.id, e.org_id, m.id, m.subject_id, m.sequence,
  CASE e.phase WHEN 'active' THEN 'waiting' ELSE 'skipped' END, nullif(e.phase, 'active'), :now
FROM webhook_messages m
JOIN webhook_endpoints e ON m.type = ANY(e.events) AND e.deleted_at IS NULL
  AND (e.branch_id IS NULL OR e.branch_id = m.branch_id)
JOIN orgs o ON o.id = e.org_id AND o.blocked_at IS NULL
WHERE m.id = ANY(:ids) AND e.id <> m.subject_id AND CASE WHEN e.org_id = m.org_id
  THEN o.kind <> 'marketplace' OR m.is_public ELSE o.kind = 'partner' AND m.is_public END
ORDER BY m.id, e.id
ON CONFLICT DO NOTHING
""")


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
        added = session.scalars(
            insert_or_skip(WebhookMessage).on_conflict_do_nothing().returning(WebhookMessage.id),
            _rows(session, made),
        ).all()
        session.execute(_DELIVER, {"ids": list(added), "now": utc_now()})


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


def _rows(session: Session, messages: list[Message]) -> list[dict[str, Any]]:
    """Return messages as rows of the table, with the branch of the car where the event did not name one."""
    unknown = {each.listing_id for each in messages if each.branch_id is None}
    found: Sequence[Row[Any]] = session.execute(_BRANCHES, {"ids": list(unknown)}).all()
    branches = {row.id: row.branch_id for row in found}
    return [
        {
            "type": each.type,
            "org_id": each.org_id,
            "branch_id": each.branch_id or branches.get(each.listing_id),
            "subject_id": each.subject_id,
            "sequence": each.sequence,
            "is_public": each.is_public,
            "payload": each.payload,
        }
        for each in messages
    ]

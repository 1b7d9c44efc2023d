"""A trail of several days with all its anchors, for the tests that damage it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.storage import Storage
from pipelines.audit.anchoring import anchor_head, close_segment, delete_objects
from pipelines.audit.chain import extend_chain

FIRST_DAY = datetime(2026, 11, 25, 9, tzinfo=UTC)
_TABLES = ("audit_records", "audit_chain", "audit_anchors", "audit_queue")


def act(session: Session, number: int) -> None:
    """Record one of several kinds of act, so that every column is used."""
    person = Principal(user_id=uuid4(), session_id=uuid4())
    actors = (Actor.system("test"), Actor.of(person, device="d" * 32, address_class="203.0.113.0/24"))
    details = {"price_pkr": number, "share": 0.1 + number, "ü": None, "list": [number, {"deep": "x"}]}
    reason = "typing error" if number % 3 else None
    change = Act("listing.update", "listing", str(number), uuid4(), {"price_pkr": number - 1}, details, reason)
    record(session, actors[number % 2], change)


@dataclass
class TrailBuilder:
    """Adds days to a trail; each minute of a day ends with an anchored head."""

    session: Session
    storage: Storage
    now: datetime = FIRST_DAY
    written: int = 0

    def minute(self, records: int) -> None:
        for _ in range(records):
            self.written += 1
            act(self.session, self.written)
        extend_chain(self.session, self.now)
        anchor_head(self.session, self.storage)
        self.now += timedelta(minutes=1)

    def midnight(self) -> None:
        """End the day."""
        self.now = (self.now + timedelta(days=1)).replace(hour=0, minute=0)
        segment = close_segment(self.session, self.storage, self.now)
        assert segment is not None
        delete_objects(self.storage, segment.covered)


def built(session: Session, storage: Storage) -> TrailBuilder:
    """A trail of 30 records: two closed days of 10, and a day that goes on with anchored heads at 24, 27 and 30."""
    trail = TrailBuilder(session, storage)
    for _ in range(2):
        trail.minute(6)
        trail.minute(4)
        trail.midnight()
    for records in (4, 3, 3):
        trail.minute(records)
    return trail


def own_the_tables(session: Session) -> None:
    """Take away what stands in the way of an intruder with the owner's login: triggers, keys and checks."""
    session.execute(text("RESET ROLE"))
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for table in _TABLES:
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    constraints = session.execute(
        text(
            "SELECT conrelid::regclass::text AS name, conname FROM pg_constraint"
            " WHERE conrelid::regclass::text = ANY(:tables) AND contype IN ('f', 'c', 'u', 'p')"
            " ORDER BY contype <> 'f'"
        ),
        {"tables": list(_TABLES)},
    ).all()
    for name, constraint in constraints:
        session.execute(text(f"ALTER TABLE {name} DROP CONSTRAINT {constraint}"))
    for table, column in session.execute(
        text("SELECT table_name, column_name FROM information_schema.columns WHERE table_name = ANY(:tables)"),
        {"tables": list(_TABLES)},
    ).all():
        session.execute(text(f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL"))

"""Read in one statement what decides on a new lead, and write all of its rows in one, with what is told of it.

A lead is made under a lock of its buyer and car, while others wait: each trip to the database that is saved is saved
for them too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy.orm import Session

from core.db.base import Base
from core.db.tables.leads import Lead, LeadClock, LeadEvent, LeadTimer
from core.db.together import Part, write_with_waiting
from core.personal_data.data_keys import WrappedKey
from core.personal_data.owner import Owner
from core.personal_data.sealer import Sealer
from pipelines.leads.clock_store import TimedClock
from pipelines.leads.desk import Desk, desk_of
from pipelines.leads.spam import Seen

# The key of the buyer's contact is locked against deletion, as `DataKeys.of_owner` does it.
_STANDING: Final = """
SELECT d.calendar, d.policies, d.rules, k.id, k.version, k.wrapped, k.master_key,
  EXISTS (
    SELECT FROM leads l WHERE l.blind_index = %(index)s AND l.listing_id = %(listing)s AND l.state <> 'spam'
  ) AS known,
  (SELECT count(*) FROM leads l WHERE l.created_at > %(since)s AND l.blind_index = %(index)s) AS of_buyer,
  (SELECT count(*) FROM leads l WHERE l.created_at > %(since)s AND l.text_digest = %(digest)s) AS with_text
FROM (SELECT %(org)s::uuid AS org_id) asked
LEFT JOIN lead_desks d ON d.org_id = asked.org_id
LEFT JOIN LATERAL (
  SELECT * FROM data_keys WHERE owner_kind = 'contact' AND owner = %(index)s AND retired_at IS NULL FOR KEY SHARE
) k ON true
"""


@dataclass(frozen=True)
class Arriving:
    """A message on its way in: whom it asks, and the digests of its buyer and its text."""

    org_id: UUID
    listing_id: UUID | None
    index: bytes
    text_digest: bytes | None


@dataclass(frozen=True)
class Standing:
    """The state when a message comes: the desk, whether the buyer has asked about the car, and recent leads."""

    desk: Desk
    known: bool
    seen: Seen


def read_standing(sealer: Sealer, message: Arriving, since: datetime) -> Standing:
    """Read what decides on a new lead, and the buyer's key. The desk's lock is held already."""
    given = {
        "org": message.org_id, "listing": message.listing_id, "index": message.index, "digest": message.text_digest,
        "since": since,
    }  # fmt: skip
    row = sealer.session.connection().exec_driver_sql(_STANDING, given).one()  # past SQLAlchemy's compiler, as below
    if row.id is not None:
        key = WrappedKey(row.id, row.version, row.wrapped, row.master_key)
        sealer.data_keys.hold(Owner.contact(message.index), key)
    desk = desk_of(message.org_id, row.calendar, row.policies, row.rules)
    return Standing(desk, row.known, Seen(row.of_buyer, row.with_text))


def _adding(table: type[Base], left_out: Sequence[str] = ()) -> str:
    """Return the statement that inserts an array of objects, with the columns left out at their defaults.

    Where none is, no columns are named: the driver keeps only short statements as it has read them.
    """
    name = table.__tablename__
    source = f"jsonb_populate_recordset(NULL::{name}, %(rows)s::jsonb)"
    if not left_out:
        return f"INSERT INTO {name} SELECT * FROM {source}"  # noqa: S608  (names of our own tables)
    names = ", ".join(f'"{each.name}"' for each in table.__table__.columns if each.name not in left_out)
    return f"INSERT INTO {name} ({names}) SELECT {names} FROM {source}"  # noqa: S608  (names of our own tables)


_LEAD: Final = _adding(Lead)
_EVENTS: Final = _adding(LeadEvent, ("created_at",))
_CLOCKS: Final = _adding(LeadClock)
_TIMERS: Final = _adding(LeadTimer, ("id", "issued_at"))


def write_rows(session: Session, lead: Lead, events: Sequence[LeadEvent], clocks: Sequence[TimedClock]) -> None:
    """Insert a lead with its events, clocks and timers, and with them what waits to be written."""
    parts = [
        Part(_LEAD, {"rows": _json([_values(lead)])}),
        Part(_EVENTS, {"rows": _json(_values(each) for each in events)}),
    ]
    if clocks:
        timers = [
            {"clock_id": each.clock.id, "lead_id": lead.id, "org_id": lead.org_id, "step": step, "at": at, "to": to}
            for each in clocks
            for step, at, to in each.steps
        ]
        parts.append(Part(_CLOCKS, {"rows": _json(_values(each.clock) for each in clocks)}))
        parts.append(Part(_TIMERS, {"rows": _json(timers)}))
    write_with_waiting(session, *parts)


def _values(row: Base) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in _columns(type(row))}
    return {name: f"\\x{each.hex()}" if isinstance(each, bytes) else each for name, each in found.items()}


@cache
def _columns(table: type[Base]) -> tuple[str, ...]:
    return tuple(each.key for each in table.__mapper__.column_attrs)


def _json(rows: Iterable[dict[str, Any]]) -> str:
    return to_json([*rows]).decode()

"""Report where a dealer's cars differ from what its feed says, because somebody else decided: states and fields."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.tables.listings import DECIDED
from core.states.listings import Giver, state_sql

_MOST = 200
# A state that was changed after the file may agree with it by now, or be the feed's own word again.
_STATES = text(f"""
SELECT l.source_key, l.title, l.status, l.state_by, d.says, d.since, d.file_id
FROM listing_differences d JOIN listings l ON l.id = d.listing_id
WHERE l.org_id = :org_id AND l.state_by <> '{Giver.FEED}' AND {state_sql("searched")} = (d.says <> 'offered')
ORDER BY d.since DESC, l.source_key LIMIT {_MOST}
""")  # noqa: S608  (constants, no input)
_FIELDS = text(f"""
SELECT l.source_key, l.title, o.key, o.value ->> 'feed', to_jsonb(l) ->> o.key
FROM listings l, jsonb_each(l.origin) o WHERE {DECIDED} AND l.org_id = :org_id AND l.origin IS NOT NULL
ORDER BY l.source_key, o.key LIMIT {_MOST}
""")  # noqa: S608  (constants, no input)


@dataclass(frozen=True)
class StateDifference:
    """A car that is off the market though the feed offers it, or on it though the feed calls it sold or lacks it."""

    source_key: str
    title: str
    status: str
    decided_by: str
    feed_says: str  # offered | sold | missing
    since: datetime
    file_id: UUID


@dataclass(frozen=True)
class FieldDifference:
    """A column that a person set, and the feed's own value, which does not show."""

    source_key: str
    title: str
    column: str
    feed_value: str | None
    shown: str | None


@dataclass(frozen=True)
class Differences:
    """The states and the fields that differ; the first 200 of each."""

    states: list[StateDifference]
    fields: list[FieldDifference]


def differences_of(session: Session, org_id: UUID) -> Differences:
    """List where the cars of an organisation differ from its feeds, the newest difference of a state first."""
    states, fields = (session.execute(query, {"org_id": org_id}).all() for query in (_STATES, _FIELDS))
    return Differences([StateDifference(*row) for row in states], [FieldDifference(*row) for row in fields])

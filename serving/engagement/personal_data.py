"""Erase and export the events of a person.

Events of before a login stand under the device alone. A device that nobody else has logged in on is the person's own,
and all its events go; of a device that two people use, those of the person go and the other's stay.

What was erased is remembered by its digests, so that a replay does not bring it back. Keys of repeats stay for their 8
days: they are digests of a device and an event of which nothing else is held, and they refuse the same event once more.
"""

from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.declarations import Eraser, Exporter
from core.engagement.digests import SERVER_DEVICE, person_number
from core.personal_data.subject import Erasing, Exporting, Rows
from core.storage import Storage
from pipelines.engagement.cold.erasing import devices_in_files, erase_cold
from pipelines.engagement.cold.exporting import events_in_files
from pipelines.engagement.cold.manifest import EventFile

_TABLES: Final = ("engagement_events", "engagement_late_events", "engagement_apart_events", "engagement_refusals")
_ALL = " UNION ALL ".join(f"SELECT device, person FROM {table}" for table in _TABLES)  # noqa: S608  (no input)
_DEVICES = text(
    f"SELECT device, bool_or(person <> :person) AS shared FROM ({_ALL}) seen WHERE device IN"  # noqa: S608
    f" (SELECT device FROM ({_ALL}) seen WHERE person = :person UNION SELECT unnest(CAST(:cold AS bigint[])))"
    f" AND device <> {SERVER_DEVICE} GROUP BY device"
)
_SINCE = text("SELECT erased_at FROM engagement_erasures WHERE kind = 'person' AND subject = :person")
_REMEMBER = text(
    "INSERT INTO engagement_erasures (kind, subject, erased_at) VALUES (:kind, :subject, :at)"
    " ON CONFLICT (kind, subject) DO UPDATE SET erased_at = greatest(engagement_erasures.erased_at, excluded.erased_at)"
)
_OWN_EVENTS = text("SELECT kept, event FROM engagement_own_events() ORDER BY kept").execution_options(yield_per=1_000)
_OWN_FILES = text(
    "SELECT hour, supplement, object_key, digest, events, expired_at FROM engagement_own_files()"
    " ORDER BY hour, supplement"
)
_FORGET = "DELETE FROM {} WHERE device = ANY(CAST(:devices AS bigint[]))"
_ERASE = "DELETE FROM {} WHERE person = :person OR (device = ANY(CAST(:devices AS bigint[])) AND received_at <= :until)"


def erase_person_events(session: Session, storage: Storage, person: int) -> int:
    """Delete the events of a person from tables and files, and refuse them from now on; return their number.

    It may be called again at any time, also on a restored copy: then it goes by the time of the first erasure. Files
    that were replaced are deleted by the next `compact`, and the next `aggregate` counts their hours anew.
    """
    until: datetime = session.scalar(_SINCE, {"person": person}) or utc_now()
    devices = _devices(session, storage, person)
    own = sorted(device for device, shared in devices.items() if not shared)
    for kind, subject in (("person", person), *(("device", device) for device in sorted(devices))):
        session.execute(_REMEMBER, {"kind": kind, "subject": subject, "at": until})
    for table in ("engagement_devices", "engagement_device_days"):
        session.execute(text(_FORGET.format(table)), {"devices": own})
    given = {"person": person, "devices": own, "until": until}
    hot = sum(_deleted(session, text(_ERASE.format(table)), given) for table in _TABLES)
    return hot + erase_cold(session, storage, set(own), {person}, until)


def _devices(session: Session, storage: Storage, person: int) -> dict[int, bool]:
    """Find the devices on which the person was logged in; True where somebody else was, too."""
    devices = devices_in_files(session, storage, person)
    for row in session.execute(_DEVICES, {"person": person, "cold": list(devices)}):
        devices[row.device] = devices.get(row.device, False) or bool(row.shared)
    return devices


def _deleted(session: Session, statement: Any, given: dict[str, Any]) -> int:  # noqa: ANN401  (a text of SQL)
    gone: Any = session.execute(statement, given)
    return int(gone.rowcount)


def _erase_events(work: Erasing) -> int:
    return erase_person_events(work.session, work.storage, person_number(work.subject.user_id))


def _own_events(work: Exporting) -> Rows:
    """Give rows of the database, then those of files; an hour of which both are there is told once."""
    told: set[tuple[int, str]] = set()
    for row in work.session.execute(_OWN_EVENTS):
        if row.kept in ("hour", "late"):
            told.add((row.event["device"], row.event["event_id"]))
        yield {"kept": row.kept, **row.event}
    for event in events_in_files(work.storage, partial(_own_files, work), person_number(work.subject.user_id)):
        if (event.get("device"), event.get("event_id")) not in told:
            yield {"kept": "file", **event}


def _own_files(work: Exporting) -> list[EventFile]:
    return [EventFile(*row) for row in work.session.execute(_OWN_FILES)]


ERASERS: Final = (Eraser("events of shoppers", _erase_events),)
EXPORTERS: Final = (Exporter("engagement_events", _own_events),)

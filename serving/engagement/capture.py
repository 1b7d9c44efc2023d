"""Take in batches of events for callers of the API, and count what the API itself does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.clock import utc_now
from core.db.session import SessionFactory
from core.engagement.digests import Digests, person_number
from core.engagement.schemas import MOST_EVENTS, gather_event_schemas, published_schemas
from pipelines.engagement.capture.batch import Batch, Caller, SentEvent
from pipelines.engagement.capture.capturing import capture
from pipelines.engagement.capture.keys import ANY_PAYLOAD
from pipelines.engagement.capture.parsing import inflate, parse_batch
from pipelines.engagement.capture.reading import BadBatchError, BatchReader, TooManyEventsError
from serving.engagement.buffer import CaptureBuffer, RunInThread
from serving.engagement.errors import ReceivedAtRefusedError

__all__ = [
    "MOST_EVENTS",
    "BadBatchError",
    "Capture",
    "TooManyEventsError",
    "caller_of",
    "count_reveal",
    "inflate",
    "open_capture",
    "parse_batch",
    "published_schemas",
    "read_sent",
]

_REVEAL: Final = "contact_reveal"
_YES: Final = "1"


@dataclass(frozen=True)
class Capture:
    """The opened parts of capture in a process of the API."""

    reader: BatchReader
    buffer: CaptureBuffer


def open_reader(index_key: bytes) -> BatchReader:
    """Make the reader of batches, with the schemas of all domains."""
    return BatchReader(Digests(index_key), gather_event_schemas())


def open_capture(index_key: bytes, sessions: SessionFactory, run: RunInThread) -> Capture:
    """Open the parts for one event loop; see `CaptureBuffer`."""
    return Capture(open_reader(index_key), CaptureBuffer(sessions, run))


def caller_of(principal: Principal, headers: Mapping[str, str]) -> Caller:
    """Return what a request says of its sender. Neither address nor user agent are kept.

    `DNT: 1` and `Sec-GPC: 1` ask not to be followed; `Sec-Purpose`, `Purpose` and `X-Moz` tell of pages that are
    fetched before anybody opens them.
    """
    purposes = f"{headers.get('sec-purpose', '')} {headers.get('purpose', '')} {headers.get('x-moz', '')}".lower()
    return Caller(
        person=principal.user_id,
        orgs=principal.org_ids,
        is_staff=principal.is_staff,
        is_dealer="dealer" in principal.org_kinds,
        agent=headers.get("user-agent", ""),
        prefetched=any(word in purposes for word in ("prefetch", "prerender", "preview")),
        follow=_YES not in (headers.get("dnt"), headers.get("sec-gpc")),
    )


def read_sent(reader: BatchReader, sent: object, caller: Caller) -> Batch:
    """Read a batch that has just come.

    Raises:
        ReceivedAtRefusedError, BadBatchError, TooManyEventsError: it is refused as a whole.
    """
    if isinstance(sent, dict) and "received_at" in sent:
        raise ReceivedAtRefusedError
    return reader.read(sent, utc_now(), caller)


def count_reveal(session: Session, digests: Digests, caller: Caller, reveal: tuple[UUID, UUID, str]) -> None:
    """Put the reveal of a contact into the stream: listing, event id of the app, and its device.

    An app that sends the same event itself, before or after, is answered `duplicate`.
    """
    listing_id, event_id, device_id = reveal
    now: datetime = utc_now()
    device, person = digests.device(device_id), caller.person
    event = SentEvent(
        str(event_id), type=_REVEAL, event_id=event_id, key=digests.key(device_id, event_id), payload=ANY_PAYLOAD,
        sent_time=now, values={"listing_id": listing_id}, first_mark="staff" if caller.is_staff else "none",
    )  # fmt: skip
    batch = Batch(
        received_at=now, sent_at=now, device=device, clock=None, session=None,
        person=None if person is None else person_number(person), caller=caller, app="api", app_version=None,
        channel=None, mark=event.first_mark, events=[event], server=True,
    )  # fmt: skip
    capture(session, [batch])

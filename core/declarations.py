"""Declarations of a domain about itself, in `serving/<domain>/declarations.py`, gathered at start.

There is no central list: a new domain adds its folder, and its permissions, limits, personal data, events, webhook
events, erasers and ages of rows are found, used and shown in `docs/reference.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.permissions import Permission
from core.gathering import gather_by_domain
from core.personal_data.sealed_column import SealedColumn
from core.personal_data.subject import Erasing, Exporting, Rows

if TYPE_CHECKING:  # opening the platform is for those who run what is declared
    from core.outbox.events import Event
    from core.platform import Platform

MODULE = "declarations"


@dataclass(frozen=True)
class RateLimit:
    """At most `calls` of an operation within `seconds`, for a device or a user; an address is given a multiple of it.

    `shared` rules are counted over all processes, also without Redis. See `core.rate_limits.rules`.
    """

    operation: str  # `METHOD /path`, as in the OpenAPI document
    calls: int
    seconds: int
    per: tuple[Literal["address", "device", "user", "org"], ...]
    shared: bool = False


@dataclass(frozen=True)
class PersonalColumn:
    """A column that holds, or may hold, personal data.

    `about`: a `person` who has an account, whose export shows the column; an organisation (`org`), whose published
    facts no person's erasure takes away; or people `outside`, who are never identified by it. `sealing` lets rotations
    seal the column anew.
    """

    table: str
    column: str
    holds: str  # for people: "phone number", "free text in which sellers write phone numbers"
    kept: Literal["sealed", "digest", "masked", "plain"]
    about: Literal["person", "org", "outside"] = "person"
    sealing: SealedColumn | None = None


@dataclass(frozen=True)
class EventType:
    """A kind of event that the domain writes to the outbox, with the keys of its payload."""

    topic: str
    kind: str
    payload: tuple[str, ...] = ()


@dataclass(frozen=True)
class WebhookEvent:
    """An event that partners can subscribe to, made of events of one topic of the outbox.

    `data` returns what the message tells, a value of the frozen dataclass `model`, or None where an event of the topic
    is of another kind. It may use only what the event holds: that was fixed in the transaction of the change, however
    late the message is sent. `says` completes "Sent when …". No personal data is in it. Whoever subscribes to it must
    hold the permission of the name `needs` in the organisation; without one, everybody who manages its webhooks may.
    """

    name: str
    topic: str
    says: str
    model: type[Any]
    data: Callable[[Event], Any | None]
    example: Any
    needs: str = ""


@dataclass(frozen=True)
class Retention:
    """Rows of a table that are deleted once `since`, a time in SQL, is more than `age` ago.

    `where` is a further condition in SQL; `rows` says for people which ones they are. The loop `retention.trim` deletes
    them.
    """

    table: str
    rows: str
    since: str
    age: timedelta
    where: str = "true"


@dataclass(frozen=True)
class Eraser:
    """Erases a person's data in the domain; returns the number of rows that it changed.

    It may be called again after it was killed, or long after, on a restored database: it erases what it finds. Those
    with `last` come after all others, since others find their rows by what these delete; those with `first` before all
    others, since they find theirs by what others delete.
    """

    name: str
    erase: Callable[[Erasing], int]
    last: bool = False
    first: bool = False


@dataclass(frozen=True)
class Departure:
    """Hands over what a member of an organisation may not have any more, once the role or its branches were taken.

    It is called in the transaction that takes them, with the ids of organisation and person, and returns a number.
    """

    name: str
    hand_over: Callable[[Session, UUID, UUID], int]


@dataclass(frozen=True)
class Exporter:
    """Gives a person's rows of a table, each by column name."""

    table: str
    rows: Callable[[Exporting], Rows]


@dataclass(frozen=True)
class MessageAbout:
    """What a message says: of which subject, to whom, on which facts it rests, and when it is to be sent."""

    subject_id: UUID
    reader_id: UUID | None
    facts: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True)
class StillTrue:
    """Tells whether a message about a subject of a topic is still true when it is about to be sent.

    A message can wait through a night or an outage; one that has been overtaken is dropped.
    """

    topic: str
    holds: Callable[[Session, MessageAbout], bool]


@dataclass(frozen=True)
class AfterRestore:
    """Work that a restored database needs before it is used, as erasures that the copy has not seen.

    `automart audit resume` runs it, each domain's in the order of the domains' names; it must stand being repeated.
    `run` opens transactions of its own and returns the number of things that it changed.
    """

    name: str
    run: Callable[[Platform], int]


@dataclass(frozen=True)
class Declarations:
    """Everything that one domain declares."""

    permissions: tuple[Permission, ...] = ()
    rate_limits: tuple[RateLimit, ...] = ()
    personal_columns: tuple[PersonalColumn, ...] = ()
    events: tuple[EventType, ...] = ()
    webhook_events: tuple[WebhookEvent, ...] = ()
    erasers: tuple[Eraser, ...] = ()
    retention: tuple[Retention, ...] = ()
    after_restore: tuple[AfterRestore, ...] = ()
    exporters: tuple[Exporter, ...] = ()
    departures: tuple[Departure, ...] = ()
    still_true: tuple[StillTrue, ...] = ()
    harmless_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns of text, bytes or JSON that never hold personal data, by table."""


def gather_declarations(package: str = "serving") -> dict[str, Declarations]:
    """Import `<package>/<domain>/declarations.py` of every domain that has one; domain → declarations, by name.

    Raises:
        ValueError: two domains declare a permission or an event of the same name, or one declares nothing.
    """
    found: dict[str, Declarations] = {}
    for domain, declared in gather_by_domain(package, MODULE, Declarations).items():
        if len(declared) != 1:
            raise ValueError(f"{package}.{domain}.{MODULE} declares {len(declared)} values of Declarations, not one.")
        found[domain] = declared[0]
    _refuse_doubles([permission.name for each in found.values() for permission in each.permissions], "permission")
    _refuse_doubles([f"{event.topic}.{event.kind}" for each in found.values() for event in each.events], "event")
    _refuse_doubles([event.name for each in found.values() for event in each.webhook_events], "webhook event")
    return found


def _refuse_doubles(names: list[str], noun: str) -> None:
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ValueError(f"Declared twice as {noun}: {', '.join(doubled)}.")

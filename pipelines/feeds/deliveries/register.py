"""Register files that come in: their bytes go to object storage, and each delivery gets a row; nothing is read yet.

The bytes go first. A process that dies in between leaves an object to which no row refers, and the next attempt finds
it under the same key, since the key is the digest; the other order would leave a row without its bytes.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import FeedFile, Org
from core.storage import Storage
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.repository import FeedFileRepository
from pipelines.feeds.deliveries.snapshot_time import snapshot_time


def store_and_register(
    session: Session, storage: Storage, delivery: Delivery, *, received_at: datetime, now: datetime
) -> FeedFile:
    """Store the bytes of a delivery and give it a row with status `registered`.

    Idempotent while the delivery waits and no other came after it: the same organisation, name, bytes and mapping
    return the waiting row. Once it is decided, the same bytes are a new delivery (the import finds out whether they
    are a duplicate); so they are after another content, or going back to an older one would be lost.
    `received_at` orders the deliveries; a time after `now` counts as `now`.
    """
    store(storage, delivery)
    return insert_row(session, delivery, min(received_at, now))


def store(storage: Storage, delivery: Delivery) -> None:
    """Store the bytes of a delivery, unless they are stored already."""
    if not storage.exists(delivery.storage_key):
        data = delivery.data
        storage.put(delivery.storage_key, data if isinstance(data, bytes) else data.rewound())


def insert_row(session: Session, delivery: Delivery, received_at: datetime) -> FeedFile:
    """Give a delivery its row, without storing the bytes; see `store_and_register`."""
    files = FeedFileRepository(session)
    last = files.last_delivered(delivery.org.id, delivery.mapping.name)
    wanted = ("registered", delivery.stored_name, delivery.digest)
    if last is not None and (last.status, last.name, last.digest) == wanted:
        return last
    return files.add(
        FeedFile(
            org_id=delivery.org.id,
            name=delivery.stored_name,
            mapping=delivery.mapping.name,
            mapping_version=delivery.mapping.version,
            digest=delivery.digest,
            size_bytes=delivery.size,
            storage_key=delivery.storage_key,
            received_at=received_at,
            snapshot_at=_snapshot_of(delivery, received_at),
        )
    )


def _snapshot_of(delivery: Delivery, received_at: datetime) -> datetime:
    """Return the time of the stock: what the name states, else when the file was sent, else when it was received."""
    sent_at = received_at if delivery.snapshot_at is None else min(delivery.snapshot_at, received_at)
    return snapshot_time(delivery.stored_name, sent_at, delivery.mapping.date_order)


@dataclass(frozen=True)
class Registration:
    """The row of a file that came over the network; `resent` where it was the last delivery, sent again."""

    file: FeedFile
    resent: bool
    same_sending: bool = False
    """It is not even sent again, but handed over again: of the same time as a delivery before it."""


def register_unless_resent(session: Session, storage: Storage, delivery: Delivery, now: datetime) -> Registration:
    """Register a file that was uploaded or fetched, unless it is the delivery before it, sent again.

    A sender who got no answer tries again, and a server without ETags serves the same file every hour: neither is
    news. Deliveries of one dealer take turns here (not with imports), so two at a time are still one file.
    """
    _take_turns(session, delivery.org)
    files = FeedFileRepository(session)
    last = files.last_delivered(delivery.org.id, delivery.mapping.name)
    same = last is not None and (last.digest, last.mapping_version) == (delivery.digest, delivery.mapping.version)
    if last is not None and same and not files.is_read_anew(last):
        return Registration(last, resent=True)
    return Registration(store_and_register(session, storage, delivery, received_at=now, now=now), resent=False)


def register_unless_known(session: Session, storage: Storage, delivery: Delivery, now: datetime) -> Registration:
    """Register a file that was sent at a known time, unless this very sending came before, whatever came after it.

    Mail servers hand over a mail twice at times, days apart, and a person may lay it into the folder again.
    """
    _take_turns(session, delivery.org)
    if delivery.snapshot_at is not None:
        known = FeedFileRepository(session).sent_before(delivery, _snapshot_of(delivery, now))
        if known is not None:
            return Registration(known, resent=True, same_sending=True)
    return register_unless_resent(session, storage, delivery, now)


def _take_turns(session: Session, org: Org) -> None:
    session.execute(select(Org.id).where(Org.id == org.id).with_for_update(key_share=True))


def pending_files(session: Session) -> list[FeedFile]:
    """List the files with status `registered`, oldest snapshot first."""
    return FeedFileRepository(session).pending()

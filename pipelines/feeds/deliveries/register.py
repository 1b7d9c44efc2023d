"""Files come in: their bytes to object storage, a row for each delivery, nothing read yet.

The bytes go first. A process that dies in between leaves an object that nobody refers to, and the next attempt
finds it under the same key, since the key is the digest; the other order would leave a row without its bytes.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import FeedFile, Org
from core.storage import Storage
from pipelines.feeds.deliveries.repository import FeedFileRepository
from pipelines.feeds.deliveries.snapshot_time import snapshot_time
from pipelines.feeds.deliveries.spool import SpooledFile
from pipelines.feeds.mapping.schema import Mapping


def register_file(
    session: Session,
    storage: Storage,
    *,
    org: Org,
    name: str,
    data: bytes | SpooledFile,
    mapping: Mapping,
    received_at: datetime,
    now: datetime,
) -> FeedFile:
    """Keep a delivery and give it a row with status `registered`.

    Idempotent while the delivery waits and nothing came after it: the same organisation, name, bytes and mapping
    return the waiting row. Once it is decided, the same bytes are a new delivery (the import finds whether they are a
    duplicate); so they are after another content, or going back to an older one would be lost.
    `received_at` orders the deliveries; a time after `now` counts as `now`.
    """
    key = storage_key(org, _digest(data))
    if not storage.exists(key):
        storage.put(key, data if isinstance(data, bytes) else data.rewound())
    return record_file(session, org=org, name=name, data=data, mapping=mapping, received_at=min(received_at, now))


def record_file(
    session: Session, *, org: Org, name: str, data: bytes | SpooledFile, mapping: Mapping, received_at: datetime
) -> FeedFile:
    """The row of `register_file` alone, without keeping the bytes: for a dry run, which rolls it back."""
    files = FeedFileRepository(session)
    digest = _digest(data)
    stored_name = storable_name(name)
    last = files.last_delivered(org.id, mapping.name)
    if last is not None and (last.status, last.name, last.digest) == ("registered", stored_name, digest):
        return last
    return files.add(
        FeedFile(
            org_id=org.id,
            name=stored_name,
            mapping=mapping.name,
            mapping_version=mapping.version,
            digest=digest,
            size_bytes=len(data) if isinstance(data, bytes) else data.size,
            storage_key=storage_key(org, digest),
            received_at=received_at,
            snapshot_at=snapshot_time(stored_name, received_at, mapping.date_order),
        )
    )


@dataclass(frozen=True)
class Delivery:
    """A file that came over the network; `known` where it is the one that came last time, registered then."""

    file: FeedFile
    known: bool


def deliver_file(
    session: Session, storage: Storage, *, org: Org, name: str, data: SpooledFile, mapping: Mapping, now: datetime
) -> Delivery:
    """Register a file that somebody uploaded or that we fetched, unless it is the delivery before it, sent again.

    A sender who got no answer tries again, and a server without ETags serves the same file every hour: neither is
    news. Deliveries of one dealer take turns here (not with imports), so two at a time are still one file.
    """
    session.execute(select(Org.id).where(Org.id == org.id).with_for_update(key_share=True))
    last = FeedFileRepository(session).last_delivered(org.id, mapping.name)
    if last is not None and (last.digest, last.mapping_version) == (data.digest, mapping.version):
        return Delivery(last, known=True)
    file = register_file(session, storage, org=org, name=name, data=data, mapping=mapping, received_at=now, now=now)
    return Delivery(file, known=False)


def _digest(data: bytes | SpooledFile) -> str:
    return sha256(data).hexdigest() if isinstance(data, bytes) else data.digest


def storage_key(org: Org, digest: str) -> str:
    """Where the bytes of a delivery stand."""
    return f"feeds/{org.code}/{digest}"


def pending_files(session: Session) -> list[FeedFile]:
    """Files with status `registered`, oldest first."""
    return FeedFileRepository(session).pending()


def storable_name(name: str) -> str:
    """File systems hold names that are not UTF-8; the database does not."""
    return name.encode("utf-8", "replace").decode("utf-8")

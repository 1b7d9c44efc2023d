"""Files come in: their bytes to object storage, a row for each delivery, nothing read yet.

The bytes go first. A process that dies in between leaves an object that nobody refers to, and the next attempt
finds it under the same key, since the key is the digest; the other order would leave a row without its bytes.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from os import stat_result
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import FeedFile, Org
from core.errors import NotFoundError, PermanentError
from core.storage import Storage
from pipelines.feeds.dealers import get_org
from pipelines.feeds.mapping import Mapping, load_mapping
from pipelines.feeds.repository import FeedFileRepository
from pipelines.feeds.snapshot import snapshot_time
from pipelines.feeds.spool import SpooledFile

_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")
"""How uploaders name a file until it is whole (scp/rsync/WinSCP/browsers); dotfiles are theirs too."""


@dataclass(frozen=True)
class InboxReport:
    """What stood in the inbox. Problems are sentences, one a folder or file that could not be taken."""

    registered: int = 0
    known: int = 0  # taken before, unchanged since
    unfinished: int = 0  # still being written; the next look takes them
    problems: list[str] = field(default_factory=list)


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
    stored_name = _storable(name)
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


def register_inbox(session: Session, storage: Storage, inbox: Path, now: datetime) -> InboxReport:
    """Register every finished file under `inbox/<dealer code>/`, by the dealer's default mapping.

    Nothing is moved or deleted: a file is known by organisation, name and digest of the newest delivery of that
    name, so a dealer may overwrite its file day by day, and go back to an older content. `received_at` is the time
    of the last write; a file of known size and time is not read again.
    """
    counts = {"registered": 0, "known": 0, "unfinished": 0}
    problems: list[str] = []
    for folder in sorted(inbox.iterdir()) if inbox.is_dir() else []:
        if folder.name.startswith("."):
            continue
        try:
            org, mapping = _dealer_of(session, storage, folder)
            paths = _by_time(folder)
        except (PermanentError, OSError) as error:
            problems.append(f"{_storable(folder.name)}: {getattr(error, 'detail', error)}")
            continue
        for path in paths:
            try:
                counts[_take(session, storage, path, org, mapping, now)] += 1
            except OSError as error:
                problems.append(f"{_storable(folder.name)}/{_storable(path.name)}: {error.strerror or error}.")
    return InboxReport(**counts, problems=problems)


def _dealer_of(session: Session, storage: Storage, folder: Path) -> tuple[Org, Mapping]:
    if not folder.is_dir() or folder.is_symlink():
        raise NotFoundError("not a dealer's folder; files belong in inbox/<dealer code>/.", code="unknown_dealer")
    org = get_org(session, folder.name)
    if org.default_mapping is None:
        raise NotFoundError(f"Dealer {org.code!r} has no default mapping.", code="no_default_mapping")
    return org, load_mapping(org.default_mapping, storage)


def _take(session: Session, storage: Storage, path: Path, org: Org, mapping: Mapping, now: datetime) -> str:
    """Register one file; which counter it belongs to. Raises OSError where it cannot be read."""
    if path.name.startswith(".") or path.name.lower().endswith(_UNFINISHED):
        return "unfinished"
    if path.is_symlink() or not path.is_file():
        raise OSError("not a plain file")  # a link could show any file of this machine as the dealer's own
    before = path.stat()
    received_at = min(_written_at(before), now)
    newest = FeedFileRepository(session).last_named(org.id, _storable(path.name))
    if newest is not None and (newest.size_bytes, newest.received_at) == (before.st_size, received_at):
        return "known"
    data = path.read_bytes()
    if _written_at(path.stat()) != _written_at(before) or len(data) != before.st_size:
        return "unfinished"
    if newest is not None and newest.digest == sha256(data).hexdigest():
        return "known"
    register_file(
        session, storage, org=org, name=path.name, data=data, mapping=mapping, received_at=received_at, now=now
    )
    return "registered"


def _by_time(folder: Path) -> list[Path]:
    """Oldest first, so that ids rise in the order of delivery; broken links last."""
    return sorted(folder.iterdir(), key=lambda path: (path.lstat().st_mtime_ns, path.name))


def _written_at(facts: stat_result) -> datetime:
    return datetime.fromtimestamp(facts.st_mtime_ns // 1000 / 1_000_000, tz=UTC)


def _storable(name: str) -> str:
    """File systems hold names that are not UTF-8; the database does not."""
    return name.encode("utf-8", "replace").decode("utf-8")

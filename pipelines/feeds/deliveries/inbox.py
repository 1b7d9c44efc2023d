"""The landing folder `inbox/<dealer code>/`: register its files, and tell cheaply whether anything in it changed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from os import stat_result
from pathlib import Path

from sqlalchemy.orm import Session

from core.db.tables import Org
from core.errors import NotFoundError, PermanentError
from core.identity.orgs import get_org
from core.storage import Storage
from pipelines.feeds.deliveries.register import register_file, storable_name
from pipelines.feeds.deliveries.repository import FeedFileRepository
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping

_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")
"""How uploaders name a file until it is whole (scp/rsync/WinSCP/browsers); dotfiles are theirs too."""


@dataclass(frozen=True)
class InboxReport:
    """What stood in the inbox. Problems are sentences, one a folder or file that could not be taken."""

    registered: int = 0
    known: int = 0  # taken before, unchanged since
    unfinished: int = 0  # still being written; the next look takes them
    problems: list[str] = field(default_factory=list)


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
            problems.append(f"{storable_name(folder.name)}: {getattr(error, 'detail', error)}")
            continue
        for path in paths:
            try:
                counts[_take(session, storage, path, org, mapping, now)] += 1
            except OSError as error:
                problems.append(f"{storable_name(folder.name)}/{storable_name(path.name)}: {error.strerror or error}.")
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
    newest = FeedFileRepository(session).last_named(org.id, storable_name(path.name))
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


def inbox_fingerprint(inbox: Path) -> str:
    """A digest of names, sizes and times of all files in the inbox; empty when there is none.

    It reads no file: a sensor asks every few seconds. Equal fingerprints mean that nothing landed in between.
    """
    digest = blake2b(digest_size=16)
    paths = sorted(path for path in inbox.rglob("*") if path.is_file()) if inbox.is_dir() else []
    for path in paths:
        facts = path.stat()
        digest.update(f"{path.relative_to(inbox)}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode())
    return digest.hexdigest() if paths else ""

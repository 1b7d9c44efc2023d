"""Register the files of the landing folder `inbox/<dealer code>/`, and tell cheaply whether it has changed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from os import stat_result
from pathlib import Path

from sqlalchemy.orm import Session

from core.db.tables import Org
from core.errors import NotFoundError, PermanentError
from core.identity.orgs import get_org
from core.storage import Storage
from pipelines.feeds.deliveries.delivery import Delivery, storable_name
from pipelines.feeds.deliveries.register import store_and_register
from pipelines.feeds.deliveries.repository import FeedFileRepository
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping

_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")
"""Endings that uploaders give a file until it is whole (scp/rsync/WinSCP/browsers); dotfiles are theirs too."""


@dataclass(frozen=True)
class InboxReport:
    """The files of the inbox, counted. `problems` has a sentence for each folder or file that could not be taken."""

    registered: int = 0
    known: int = 0  # registered before, unchanged since
    unfinished: int = 0  # still being written; the next scan takes them
    problems: list[str] = field(default_factory=list)


def register_inbox(session: Session, storage: Storage, inbox: Path, now: datetime) -> InboxReport:
    """Register every finished file under `inbox/<dealer code>/`, by the dealer's default mapping.

    No file is moved or deleted: it is recognised by organisation, name and digest of the newest delivery of that
    name, so a dealer may overwrite its file day by day, and go back to an older content. `received_at` is the time
    of the last write; a file of known size and time is not read again.
    """
    scan = _InboxScan(session, storage, now)
    for folder in sorted(inbox.iterdir()) if inbox.is_dir() else []:
        if not folder.name.startswith("."):
            scan.add_folder(folder)
    return InboxReport(**scan.counts, problems=scan.problems)


@dataclass(frozen=True)
class _InboxScan:
    session: Session
    storage: Storage
    now: datetime
    counts: dict[str, int] = field(default_factory=lambda: {"registered": 0, "known": 0, "unfinished": 0})
    problems: list[str] = field(default_factory=list)

    def add_folder(self, folder: Path) -> None:
        """Register the files of one dealer."""
        try:
            org, mapping = self._dealer_of(folder)
            paths = _by_time(folder)
        except (PermanentError, OSError) as error:
            self.problems.append(f"{storable_name(folder.name)}: {getattr(error, 'detail', error)}")
            return
        for path in paths:
            try:
                self.counts[self._add_file(path, org, mapping)] += 1
            except OSError as error:
                name = f"{storable_name(folder.name)}/{storable_name(path.name)}"
                self.problems.append(f"{name}: {error.strerror or error}.")

    def _dealer_of(self, folder: Path) -> tuple[Org, Mapping]:
        if not folder.is_dir() or folder.is_symlink():
            raise NotFoundError("not a dealer's folder; files belong in inbox/<dealer code>/.", code="unknown_dealer")
        org = get_org(self.session, folder.name)
        if org.default_mapping is None:
            raise NotFoundError(f"Dealer {org.code!r} has no default mapping.", code="no_default_mapping")
        return org, load_mapping(org.default_mapping, self.storage, org.id)

    def _add_file(self, path: Path, org: Org, mapping: Mapping) -> str:
        """Register one file, and return the name of its counter.

        Raises:
            OSError: the file cannot be read.
        """
        if path.name.startswith(".") or path.name.lower().endswith(_UNFINISHED):
            return "unfinished"
        if path.is_symlink() or not path.is_file():
            raise OSError("not a plain file")  # a link could show any file of this machine as the dealer's own
        before = path.stat()
        received_at = min(_written_at(before), self.now)
        newest = FeedFileRepository(self.session).last_named(org.id, storable_name(path.name))
        if newest is not None and (newest.size_bytes, newest.received_at) == (before.st_size, received_at):
            return "known"
        delivery = Delivery(org, path.name, path.read_bytes(), mapping)
        if _written_at(path.stat()) != _written_at(before) or delivery.size != before.st_size:
            return "unfinished"
        if newest is not None and newest.digest == delivery.digest:
            return "known"
        store_and_register(self.session, self.storage, delivery, received_at=received_at, now=self.now)
        return "registered"


def _by_time(folder: Path) -> list[Path]:
    """Sort the files oldest first, so that ids rise in the order of delivery; broken links come last."""
    return sorted(folder.iterdir(), key=lambda path: (path.lstat().st_mtime_ns, path.name))


def _written_at(facts: stat_result) -> datetime:
    return datetime.fromtimestamp(facts.st_mtime_ns // 1000 / 1_000_000, tz=UTC)


def inbox_fingerprint(inbox: Path) -> str:
    """Digest the names, sizes and times of all files in the inbox; the digest is empty when there is none.

    It reads no file: a sensor asks every few seconds. Equal fingerprints mean that no file landed in between.
    """
    digest = blake2b(digest_size=16)
    paths = sorted(path for path in inbox.rglob("*") if path.is_file()) if inbox.is_dir() else []
    for path in paths:
        facts = path.stat()
        digest.update(
            f"{path.relative_to(inbox)}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode(errors="surrogateescape")
        )
    return digest.hexdigest() if paths else ""

"""Take the mails of a maildir: each is delivered or told with its reason, and is then moved from new/ to cur/.

The delivery is committed before the mail is moved. A process that dies in between leaves the mail in new/, and the
next one knows it again by the file's digest and the time at which it was sent.
"""

import logging
import os
import stat
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.db.session import SessionFactory, transaction
from core.db.tables import FeedSource, Org
from core.errors import AutomartError, InvalidInputError, RetryableError
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.deliveries.delivery import Delivery, storable_name
from pipelines.feeds.deliveries.register import register_unless_known
from pipelines.feeds.deliveries.spool import FileTooLargeError
from pipelines.feeds.deliveries.upload import mapping_of
from pipelines.feeds.mail.addresses import source_of
from pipelines.feeds.mail.kept import delete_old_mails
from pipelines.feeds.mail.message import AUTOMATIC, BadMailError, StockMail
from pipelines.feeds.mail.reading import read_in_child, read_top
from pipelines.feeds.mail.refused_events import emit_refused
from pipelines.feeds.readers.limits import MEGABYTE, limits_of

_DONE, _BAD = "S", "FS"  # seen; flagged, which mail programs show as a star
_DATABASE_AWAY: Final = (OperationalError, InterfaceError, PoolTimeoutError)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TakenMail:
    """The result of one mail: `new` (files wait for their import), `known`, `refused`, or `left` for the next time."""

    mail: str  # its name in the maildir
    status: str
    dealer: str | None = None
    files: tuple[str, ...] = ()
    code: str | None = None
    message: str | None = None  # why it is refused or left


@dataclass(frozen=True)
class MailReport:
    """The results of all mails: new + known + refused + left = mails."""

    mails: list[TakenMail] = field(default_factory=list)
    deleted: int = 0
    """Mails of earlier times that were deleted from cur/."""

    def counts(self) -> dict[str, int]:
        """Count the mails by status."""
        found = Counter(each.status for each in self.mails)
        return {status: found[status] for status in ("new", "known", "refused", "left")}

    def rows(self) -> list[dict[str, Any]]:
        """List the results as rows of a table."""
        return [asdict(each) for each in self.mails]


def take_mail(sessions: SessionFactory, storage: Storage, settings: Settings, now: datetime) -> MailReport:
    """Take every mail of FEED_MAILDIR that is new; without the setting there is none.

    Raises:
        InvalidInputError: `no_maildir`: the setting names a folder in which no mail can arrive.
    """
    if settings.feed_maildir is None:
        return MailReport()
    maildir = _Maildir(settings.feed_maildir, sessions, storage, settings, now)
    taken = (maildir.take(path) for path in maildir.waiting())
    mails = [each for each in taken if each is not None]
    deleted = delete_old_mails(settings.feed_maildir / "cur", now, settings.feed_mail_keep_days)
    return MailReport(mails, deleted)


@dataclass(frozen=True)
class _Maildir:
    folder: Path
    sessions: SessionFactory
    storage: Storage
    settings: Settings
    now: datetime

    def waiting(self) -> list[Path]:
        """List the mails in the order in which they came: a maildir's names begin with the time."""
        new = self.folder / "new"
        if not new.is_dir():
            raise InvalidInputError(
                "FEED_MAILDIR has no folder new/: it must be the maildir of the mail server.", code="no_maildir"
            )
        return sorted(path for path in new.iterdir() if not path.name.startswith("."))

    def take(self, path: Path) -> TakenMail | None:
        """Take one mail; whatever it holds, the others are not affected. None: another process took it meanwhile."""
        name = storable_name(path.name)
        try:
            facts = path.lstat()
            arrived_at = min(datetime.fromtimestamp(facts.st_mtime, UTC), self.now)
            taken = self._deliver(name, self._read(path, facts, arrived_at))
        except FileNotFoundError:
            return None
        except _DATABASE_AWAY:  # their words quote the address, which is a secret
            return TakenMail(name, "left", code="database_unavailable", message="The database did not answer.")
        except (RetryableError, OSError) as error:  # the disk, the storage: the mail is not to blame
            why = error.detail if isinstance(error, RetryableError) else str(error.strerror)
            return TakenMail(name, "left", code=getattr(error, "code", "unreadable"), message=why)
        except AutomartError as error:
            taken = TakenMail(name, "refused", code=error.code, message=error.detail)
        except Exception as error:  # noqa: BLE001  (one mail of a stranger must not stop the others)
            # Without the traceback: an error of the database quotes the address, which is a secret.
            _log.error("mail %s: %s", name, type(error).__name__)
            why = f"The mail could not be read ({type(error).__name__}): tell us its name."
            taken = TakenMail(name, "refused", code="mail_failed", message=why)
        self._move(path, _BAD if taken.status == "refused" else _DONE)
        return taken

    def _read(self, path: Path, facts: os.stat_result, arrived_at: datetime) -> StockMail:
        """Read a mail; of one that is too large or damaged the top, which says whom to tell of it."""
        try:
            return read_in_child(self._bytes(path, facts), arrived_at, self.now)
        except BadMailError as error:
            if not stat.S_ISREG(facts.st_mode):
                raise
            return read_top(path, error, arrived_at, self.now)

    def _bytes(self, path: Path, facts: os.stat_result) -> bytes:
        if not stat.S_ISREG(facts.st_mode):  # a link could show any file of this machine
            raise BadMailError("It is no plain file.", code="mail_damaged")
        if facts.st_size > self.settings.feed_max_mail_mb * MEGABYTE:
            raise BadMailError(
                f"The mail is larger than {self.settings.feed_max_mail_mb} MB: pack the list, or upload it.",
                code="mail_too_large",
            )
        return path.read_bytes()

    def _deliver(self, name: str, mail: StockMail) -> TakenMail:
        """Register the lists of a mail and what came of it, in one transaction."""
        with transaction(self.sessions) as session:
            found = source_of(session, mail.recipients)
            if found is None:
                raise BadMailError("No recipient of the mail is an address of a dealer.", code="unknown_recipient")
            source, org = found
            try:
                lists = self._lists(mail, org, source)
                known = [register_unless_known(session, self.storage, each, self.now) for each in lists]
            except RetryableError:
                raise
            except AutomartError as error:
                if error.code != AUTOMATIC:  # a machine's reply is no sending: what the last one came to stays
                    source.failures, source.last_code, source.last_error = source.failures + 1, error.code, error.detail
                    source.checked_at = self.now
                    emit_refused(session, source, mail, name, error)
                return TakenMail(name, "refused", org.code, code=error.code, message=error.detail)
            if not all(each.same_sending for each in known):  # a mail that is handed over twice is no news either
                source.failures, source.last_code, source.last_error = 0, None, None
                source.digest, source.file_id, source.checked_at = lists[-1].digest, known[-1].file.id, self.now
            status = "known" if all(each.resent for each in known) else "new"
            return TakenMail(name, status, org.code, tuple(str(each.file.id) for each in known))

    def _lists(self, mail: StockMail, org: Org, source: FeedSource) -> list[Delivery]:
        """Return the lists, each of which can be taken; two whole lists of one stock contradict each other."""
        lists, mapping = mail.stock_lists(), mapping_of(org, source.mapping, self.storage)
        limit = limits_of(self.settings).file_bytes
        for each in lists:
            if not each.data:
                raise BadMailError(f"The file {each.name} is empty.", code="empty_file")
            if len(each.data) > limit:
                raise FileTooLargeError(limit)
        if len(lists) > 1 and mapping.delivery == "full":
            names = ", ".join(each.name for each in lists)
            raise BadMailError(
                f"The mail has {len(lists)} lists ({names}), and each would take the cars of the others off: send them"
                " in one .zip.",
                code="several_lists",
            )
        return [Delivery(org, each.name, each.data, mapping, snapshot_at=mail.sent_at) for each in lists]

    def _move(self, path: Path, flags: str) -> None:
        """Move a mail to cur/; where that fails, or another process did it meanwhile, the mail is known again later."""
        cur = self.folder / "cur"
        try:
            cur.mkdir(exist_ok=True)
            path.rename(cur / f"{path.name.partition(':2,')[0]}:2,{flags}")
        except OSError as error:
            _log.warning("mail %s was not moved: %s", storable_name(path.name), error.strerror)

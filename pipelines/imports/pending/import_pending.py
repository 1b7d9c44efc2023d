"""Import all pending files in one run: a bad one fails alone.

Small files share a transaction (`import_small_files`); a file with any special condition, or whose group failed, has
its own.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.db.tables import FeedFile
from core.errors import AutomartError, RetryableError
from core.identity.orgs import dealer_codes
from core.security.platform_keys import PlatformKeys
from core.storage import Storage
from pipelines.feeds.deliveries.register import pending_files
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.feeds.reject_codes import most_frequent_first
from pipelines.feeds.unread_columns import unread_row
from pipelines.imports.context import ImportContext
from pipelines.imports.import_file import import_file
from pipelines.imports.pending.small_files import groups_of, import_group
from pipelines.imports.pending.turns import all_idle, idle_first
from pipelines.imports.result import ImportResult
from pipelines.listings.bulk_writer import analyse

_log = logging.getLogger(__name__)

_COUNTS = ("read", "created", "updated", "unchanged", "rejected", "removed", "removals_held")
_MANY_ROWS = 1_000


@dataclass(frozen=True)
class ImportedFile:
    """One file of the batch: its dealer, its name, and the result."""

    dealer: str
    name: str
    result: ImportResult


@dataclass(frozen=True)
class ImportBatchReport:
    """The results of the pending files; `failures` are sentences about files that stay pending."""

    files: list[ImportedFile] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def totals(self) -> dict[str, int]:
        """Count files by status, and the rows of all of them: created + updated + unchanged + rejected = read."""
        statuses = Counter(file.result.status for file in self.files)
        rows = {name: sum(getattr(file.result, name) for file in self.files) for name in _COUNTS}
        return {status: statuses[status] for status in ("applied", "duplicate", "stale", "refused")} | rows

    def reasons(self) -> dict[str, int]:
        """Count rejected rows by code, the most frequent first."""
        counts: Counter[str] = Counter()
        for file in self.files:
            counts.update(file.result.reasons)
        return most_frequent_first(counts)

    def rows(self) -> list[dict[str, str | int]]:
        """List the files as rows of a table."""
        return [
            {"dealer": file.dealer, "file": file.name, "status": file.result.status}
            | {name: getattr(file.result, name) for name in _COUNTS}
            | {"reasons": _reasons_text(file.result)}
            for file in self.files
        ]

    def not_understood(self) -> list[dict[str, str | int]]:
        """List the columns of which cells were not understood as rows of a table, the worst first in each file."""
        return [
            unread_row(file.dealer, file.name, column) for file in self.files for column in file.result.not_understood
        ]

    def raise_failures(self) -> None:
        """Raise RetryableError if a file failed; the imports of the other files are kept."""
        if self.failures:
            raise RetryableError(f"{len(self.failures)} files stay pending: {'; '.join(self.failures)}")


def import_pending(
    sessions: SessionFactory,
    storage: Storage,
    *,
    run_id: str | None,
    limits: FeedLimits = DEFAULT_LIMITS,
    open_keys: Callable[[], PlatformKeys] | None = None,
) -> ImportBatchReport:
    """Import all pending files, oldest first, and commit them one by one, or small ones of many dealers together.

    A file whose import fails, by the platform's own errors (storage away, database busy) or by a bug, stays pending and
    the next one is tried: mappings are written by dealers, so the file that finds a bug can be anybody's.
    """
    with transaction(sessions) as session:
        pending = pending_files(session)
        dealers = dealer_codes(session)
    report = ImportBatchReport()

    def context_of(session: Session) -> ImportContext:
        return ImportContext(session, storage, limits, run_id, open_keys=open_keys)

    together = dict(_import_groups(sessions, context_of, pending))
    for file in idle_first(sessions, pending, together):
        try:
            result = together.get(file.id)
            if result is None:
                with transaction(sessions) as session:
                    result = import_file(context_of(session), file)
        except AutomartError as error:
            report.failures.append(f"{dealers[file.org_id]}/{file.name}: {error.detail}")
            continue
        except Exception as error:  # noqa: BLE001  (the file of one dealer must not stop those of all others)
            _log.exception("import of file %s", file.id)
            why = f"it could not be imported ({type(error).__name__}); the log says where"
            report.failures.append(f"{dealers[file.org_id]}/{file.name}: {why}")
            continue
        report.files.append(ImportedFile(dealers[file.org_id], file.name, result))
    if report.totals()["created"] >= _MANY_ROWS:
        with transaction(sessions) as session:
            analyse(session)
    return report


def _import_groups(
    sessions: SessionFactory, context_of: Callable[[Session], ImportContext], pending: list[FeedFile]
) -> Iterator[tuple[UUID, ImportResult]]:
    """Import small files in groups; the files of a group that failed are left out."""
    for group in groups_of(pending):
        if not all_idle(sessions, [file.org_id for file in group]):
            continue  # another run is at it
        try:
            with transaction(sessions) as session:
                results = import_group(context_of(session), group)
        except Exception:  # noqa: S112, BLE001  (each file is tried alone afterwards, and then raises for itself)
            continue
        yield from results.items()


def _reasons_text(result: ImportResult) -> str:
    if result.message is not None:
        return result.message
    return ", ".join(f"{code} {count}" for code, count in list(result.reasons.items())[:3])

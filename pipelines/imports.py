"""One feed file from its bytes to the listings: where the feeds and the listings domain meet.

Everything that decides a file - listings, prices, outbox, rejects, counts, status - is one transaction, which the
caller commits. A file that is still `registered` was therefore not applied, whatever happened to the process that
tried, and trying again finishes it; a file that was decided answers with what was recorded.
"""

from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import FeedFile, Org
from core.errors import NotFoundError, RefusedFileError
from core.storage import Storage
from pipelines.feeds.intake import record_file, register_file
from pipelines.feeds.mapping import Mapping, load_mapping
from pipelines.feeds.parse import ParsedFeed, parse_feed
from pipelines.feeds.repository import FeedFileRepository, FeedRejectRepository
from pipelines.feeds.staging import drop_staged, parsed_file
from pipelines.listings.repository import ListingRepository
from pipelines.listings.upsert import upsert_listings

SAYS_SOLD = "not_for_sale"
"""The reject code that is news about the car itself: a listing of that key is removed."""

_JSON_KEYS = ("status", "read", "created", "updated", "unchanged", "rejected", "removed", "reasons", "file_id")


@dataclass(frozen=True)
class ImportResult:
    """What became of a file: created + updated + unchanged + rejected = read, all zero unless it was applied."""

    status: str  # applied | duplicate | refused
    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    removed: int = 0
    reasons: dict[str, int] = field(default_factory=dict)  # reject code -> rows, most frequent first
    file_id: UUID | None = None  # None: nothing was recorded
    message: str | None = None  # why it was refused
    removals_held: int = 0  # missing cars that stay live because too many are missing
    unknown_branches: int = 0  # rows whose branch code the dealer does not have

    def as_json(self) -> dict[str, Any]:
        """The agreed keys for scripts; `message` joins them when the file was refused."""
        values = asdict(self) | {"file_id": None if self.file_id is None else str(self.file_id)}
        keys = _JSON_KEYS if self.message is None else (*_JSON_KEYS, "message")
        return {key: values[key] for key in keys}


def import_file(session: Session, storage: Storage, file: FeedFile, *, run_id: str | None) -> ImportResult:
    """Decide a registered file: `applied`, `duplicate` or `refused` (which is recorded, with the reason).

    Safe to run twice, also at the same time: imports of one organisation take turns, and whoever comes second gets
    the recorded result.
    """
    ListingRepository(session, file.org_id).lock()
    file = FeedFileRepository(session).get(file.id)
    if file.status != "registered":
        return _recorded(file)
    file.run_id = run_id
    try:
        mapping = load_mapping(file.mapping)
        duplicate = _is_duplicate(session, file.org_id, mapping, file.digest)
        parsed = None if duplicate else parsed_file(storage, file)
    except RefusedFileError as error:
        result = _refuse(session, file, error.detail)
    except NotFoundError as error:
        if error.code != "unknown_mapping":
            raise
        result = _refuse(session, file, error.detail)
    else:
        result = _decide(session, file, mapping, parsed)
    drop_staged(storage, file)
    return result


def import_delivery(
    session: Session,
    storage: Storage,
    *,
    org: Org,
    name: str,
    data: bytes,
    mapping: Mapping,
    run_id: str | None,
    accept_removals: bool = False,
) -> ImportResult:
    """Register and import bytes that somebody hands over and waits for.

    Unlike a file from the inbox, a refused one leaves no trace: its sender is there to read why. `accept_removals`
    removes whatever a full feed lacks, however much; it also applies again a file whose removals were held.
    """
    ListingRepository(session, org.id).lock()
    duplicate = _is_duplicate(session, org.id, mapping, sha256(data).hexdigest(), accept_removals=accept_removals)
    try:
        parsed = None if duplicate else parse_feed(data, mapping)
    except RefusedFileError as error:
        return ImportResult(status="refused", message=error.detail)
    now = utc_now()
    file = register_file(session, storage, org=org, name=name, data=data, mapping=mapping, received_at=now, now=now)
    file.run_id = run_id
    return _decide(session, file, mapping, parsed, accept_removals=accept_removals)


def preview_file(
    session: Session, org: Org, data: bytes, mapping: Mapping, *, accept_removals: bool = False
) -> ImportResult:
    """What `import_delivery` would report now. It is done for real inside a savepoint and rolled back."""
    digest = sha256(data).hexdigest()
    with session.begin_nested() as savepoint:
        ListingRepository(session, org.id).lock()
        duplicate = _is_duplicate(session, org.id, mapping, digest, accept_removals=accept_removals)
        try:
            parsed = None if duplicate else parse_feed(data, mapping)
        except RefusedFileError as error:
            savepoint.rollback()
            return ImportResult(status="refused", message=error.detail)
        file = record_file(session, org=org, name="preview", data=data, mapping=mapping, received_at=utc_now())
        result = _decide(session, file, mapping, parsed, accept_removals=accept_removals)
        savepoint.rollback()
    return replace(result, file_id=None)


def _is_duplicate(
    session: Session, org_id: UUID, mapping: Mapping, digest: str, *, accept_removals: bool = False
) -> bool:
    """Whether the listings already show these bytes, read by this version of the mapping."""
    last = FeedFileRepository(session).last_applied(org_id, mapping.name)
    if last is None or (accept_removals and last.removals_held > 0):
        return False
    return (last.digest, last.mapping_version) == (digest, mapping.version)


def _decide(
    session: Session, file: FeedFile, mapping: Mapping, parsed: ParsedFeed | None, *, accept_removals: bool = False
) -> ImportResult:
    """Apply the parsed rows and record it; no rows at all mean a duplicate."""
    file.mapping_version = mapping.version
    if parsed is None:
        file.status = "duplicate"
        session.flush()
        return _recorded(file)
    sold = pl.col("code") == SAYS_SOLD
    upsert = upsert_listings(
        session,
        file.org_id,
        file,
        parsed.listings,
        delivery=mapping.delivery,
        kept_keys=_keys(parsed.rejects.filter(~sold)),
        sold_keys=_keys(parsed.rejects.filter(sold)),
        accept_removals=accept_removals,
    )
    FeedRejectRepository(session).add(file.id, parsed.rejects)
    file.status, file.applied_at = "applied", utc_now()
    file.rows_read, file.rows_rejected = parsed.rows_read, parsed.rejects.height
    file.rows_created, file.rows_updated, file.rows_unchanged = upsert.created, upsert.updated, upsert.unchanged
    file.rows_removed, file.removals_held = upsert.removed, upsert.removals_held
    file.reasons = _reasons(parsed.rejects)
    session.flush()
    return replace(_recorded(file), unknown_branches=upsert.unknown_branches)


def _refuse(session: Session, file: FeedFile, why: str) -> ImportResult:
    file.status, file.refusal = "refused", why
    session.flush()
    return _recorded(file)


def _keys(rejects: pl.DataFrame) -> list[str]:
    return rejects["source_key"].drop_nulls().unique(maintain_order=True).to_list()


def _reasons(rejects: pl.DataFrame) -> dict[str, int]:
    counts = rejects.group_by("code").len("rows").sort(["rows", "code"], descending=[True, False])
    return dict(counts.iter_rows())


def _recorded(file: FeedFile) -> ImportResult:
    return ImportResult(
        status=file.status,
        read=file.rows_read,
        created=file.rows_created,
        updated=file.rows_updated,
        unchanged=file.rows_unchanged,
        rejected=file.rows_rejected,
        removed=file.rows_removed,
        reasons=dict(sorted(file.reasons.items(), key=lambda item: (-item[1], item[0]))),
        file_id=file.id,
        message=file.refusal,
        removals_held=file.removals_held,
    )

"""Apply a parsed file to the listings, as far as newer files of the dealer have left cars undecided."""

from dataclasses import asdict, dataclass, replace
from typing import Literal

from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import FeedFile
from pipelines.feeds.deliveries.repository import FeedFileRepository, FeedRejectRepository
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.parsing.parse import ParsedFeed
from pipelines.feeds.reject_codes import count_reasons
from pipelines.imports.changed_keys import Reread, follow_changed_keys
from pipelines.imports.chassis_warnings import keep_chassis_warnings
from pipelines.imports.context import ImportContext
from pipelines.imports.decided_events import emit_decided
from pipelines.imports.parsed.row_cache_store import RowCacheStore
from pipelines.imports.parsed.rows import ParsedRows
from pipelines.imports.precedence import NamedKeys, NewerFiles, named_keys, newer_files_of, reject_keys
from pipelines.imports.prices.confirmations import PriceConfirmations
from pipelines.imports.prices.implausible import JudgedFeed, judge_prices
from pipelines.imports.result import ImportResult, result_of
from pipelines.listings.chassis.writer import chassis_writer
from pipelines.listings.removal_limits import RemovalLimits, removal_limits_of
from pipelines.listings.removals import RemovalRepository
from pipelines.listings.upsert import FileChanges, UpsertResult, upsert_listings


@dataclass(frozen=True)
class ParsedFile:
    """A file whose rows have been read, and are to be applied."""

    file: FeedFile
    mapping: Mapping
    parsed: ParsedFeed
    reread: Reread
    """Reads its bytes by a former version of the mapping."""
    cache: RowCacheStore | None = None
    """The store to which the outcomes of the rows go."""


def apply_file(context: ImportContext, item: ParsedFile, *, accept_removals: bool = False) -> ImportResult:
    """Apply the rows of a file and record the result: `applied`, or `stale` where newer files decide all its cars."""
    session, file = context.session, item.file
    doubles = follow_changed_keys(context, file, item.mapping, item.parsed, item.reread)
    judged = next(judge_prices(session, [(file.org_id, item.parsed)]))
    item = replace(item, parsed=judged.parsed)
    parsed = item.parsed
    file.mapping_version = item.mapping.version
    newer = newer_files_of(context, file)
    limits = removal_limits_of(session, [file.org_id])[file.org_id]
    share = _undecided_share(session, item, newer, limits)
    sold = share.sold if file.undone_at is not None else share.sold | doubles
    changes = FileChanges(
        file,
        share.delivery,
        kept_keys=sorted(share.kept),
        sold_keys=sorted(sold),
        accept_removals=accept_removals,
        limits=limits,
        names_no_car=not parsed.accepted,
        lost_keys=parsed.may_lack_cars,
    )
    chassis = chassis_writer(session, context.open_keys, item.mapping.columns)
    rows = ParsedRows(parsed, share.rows, None if chassis is None else chassis.with_index)
    upserted = upsert_listings(session, [changes], rows, chassis)
    upsert = upserted.results[0]
    whole = chassis is None or not chassis.lacks_keys  # else its rows are to be read again once there are keys
    if item.cache is not None and whole and not newer.files and not context.dry_run:
        item.cache.save(parsed, upserted.hashes, judged.doubts["row_number"])
    if newer.files and share.names_nothing and not upsert.removed and file.status != "applied":
        return _mark_stale(session, file, newer.files[0])
    if chassis is not None:
        keep_chassis_warnings(session, [file], () if whole else (file.id,))
    return _mark_applied(session, file, judged, upsert)


@dataclass(frozen=True)
class _Share:
    """The part of a file that it may still decide; `rows` are its undecided keys, None for all."""

    rows: frozenset[str] | None
    kept: frozenset[str]
    sold: frozenset[str]
    delivery: Literal["full", "partial"]

    @property
    def names_nothing(self) -> bool:
        """Tell whether no row of the file is undecided."""
        return self.rows is not None and not self.rows


def _undecided_share(session: Session, item: ParsedFile, newer: NewerFiles, limits: RemovalLimits) -> _Share:
    # Cars that a person brought back stay, also when the file is read again: it removes none by lacking it or by
    # calling it sold.
    undone = item.file.undone_at is not None
    delivery = "partial" if undone else item.mapping.delivery
    if not newer.files:  # nearly always, so without a set of all keys
        kept, sold = reject_keys(item.parsed)
        return _Share(None, kept, frozenset() if undone else sold, delivery)
    named = named_keys(item.parsed)
    sold = frozenset() if undone else newer.undecided(named.sold)
    rows = newer.undecided(named.rows)
    if newer.open_keys is None:
        kept = named.kept | named.rows | newer.rows | newer.sold
        return _Share(rows, kept, sold, delivery)
    if delivery == "full" and named.rows and not item.parsed.may_lack_cars:  # it cannot say which are missing
        sold |= _missing(session, item.file, named, newer, limits)
    return _Share(rows, named.kept, sold, "partial")


def _missing(
    session: Session, file: FeedFile, named: NamedKeys, newer: NewerFiles, limits: RemovalLimits
) -> frozenset[str]:
    """Find live cars that this full feed lacks and that all newer files leave undecided (their rows were rejected)."""
    lacked = newer.undecided(newer.open_keys or frozenset()) - named.rows - named.sold - named.kept
    if not lacked:
        return lacked
    live = RemovalRepository(session, file.org_id).live_of(file.mapping, lacked)
    return live if limits.allow(len(live), len(live) + len(named.rows)) else frozenset()


def is_duplicate(session: Session, file: FeedFile, *, accept_removals: bool = False) -> bool:
    """Tell whether the listings show these bytes already, read by this version of the mapping (decision 0006).

    With `accept_removals` a file whose removals were held back is no duplicate: there is something left to do.
    """
    files = FeedFileRepository(session)
    found = files.last_decided(file.org_id, file.mapping), files.redelivered(file)
    if accept_removals and files.held_back(file):
        return False
    same = (
        each for each in found
        if each is not None and (each.digest, each.mapping_version) == (file.digest, file.mapping_version)
    )  # fmt: skip
    return any(not files.is_read_anew(each) for each in same)


def mark_duplicate(session: Session, file: FeedFile) -> ImportResult:
    """Record that the file is a duplicate."""
    file.status = "duplicate"
    session.flush()
    return result_of(file)


def refuse(session: Session, file: FeedFile, why: str) -> ImportResult:
    """Record that the file as a whole is refused."""
    file.status, file.refusal = "refused", why
    session.flush()
    emit_decided(session, file)
    return result_of(file)


def _mark_stale(session: Session, file: FeedFile, newer: FeedFile) -> ImportResult:
    file.status = "stale"
    file.refusal = (
        f"The stock of {file.snapshot_at:%Y-%m-%d %H:%M} UTC came after {newer.name} of "
        f"{newer.snapshot_at:%Y-%m-%d %H:%M} UTC, which has decided every car in it: nothing was changed."
    )
    session.flush()
    emit_decided(session, file)
    return result_of(file)


def _mark_applied(session: Session, file: FeedFile, judged: JudgedFeed, upsert: UpsertResult) -> ImportResult:
    FeedRejectRepository(session).add(file.id, judged.parsed.rejects)
    mark_applied(session, file, judged, upsert)
    file.rows_removed = RemovalRepository(session, file.org_id).count(file.id, "removed")
    session.flush()
    if upsert.removed:
        FeedFileRepository(session).refresh_held(file.org_id)
    emit_decided(session, file)
    return result_of(file, upsert.unknown_branches)


def mark_applied(session: Session, file: FeedFile, judged: JudgedFeed, upsert: UpsertResult) -> None:
    """Set the status and the counts of an applied file, except its removals, some of which may be older.

    Doubtful prices that are among its accepted rows are kept as such.
    """
    parsed = judged.parsed
    file.status, file.applied_at, file.refusal = "applied", utc_now(), None
    file.rows_read, file.rows_rejected = parsed.rows_read, parsed.rejects.height
    file.rows_created, file.rows_updated = upsert.created, upsert.updated
    # Rows that a newer snapshot has decided change nothing either.
    file.rows_unchanged = parsed.accepted - upsert.created - upsert.updated
    file.removals_held = upsert.removals_held
    file.reasons = count_reasons(parsed.rejects)
    file.prices = asdict(judged.prices)
    published = judged.doubts.join(parsed.rejects, on="row_number", how="anti")
    PriceConfirmations(session).publish_doubtful(file.org_id, file.id, published)
    file.not_understood = [each.as_json() for each in parsed.unread]

"""SQL of the feed files, their rejected rows and the decisions about them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy import delete, func, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.copy import copy_frame
from core.db.tables import FeedAction, FeedFile, FeedReject, Listing, ListingRemoval, Org
from core.errors import NotFoundError
from core.states.listings import in_states
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.file_warnings import UNSEALED

REJECT_COLUMNS = ("row_number", "source_key", "code", "column", "value", "message", "byte_offset", "severity")
_SHOWN = ("applied", "duplicate")


class FeedFileRepository:
    """Reads and inserts feed files."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, file: FeedFile) -> FeedFile:
        """Insert a row; the database gives the id."""
        self._session.add(file)
        self._session.flush()
        return file

    def get(self, file_id: UUID) -> FeedFile:
        """Read the file as the database has it now, whatever this session has read before.

        Raises:
            NotFoundError: code `unknown_file`.
        """
        file = self._session.get(FeedFile, file_id, populate_existing=True)
        if file is None:
            raise NotFoundError(
                f"There is no feed file {file_id}; `automart feeds files` lists them.", code="unknown_file"
            )
        return file

    def pending(self) -> list[FeedFile]:
        """List the files that are not decided yet, oldest snapshot first."""
        query = select(FeedFile).where(FeedFile.status == "registered").order_by(FeedFile.snapshot_at, FeedFile.id)
        return list(self._session.scalars(query))

    def still_pending(self, file_ids: Sequence[UUID]) -> list[FeedFile]:
        """Select those of the files that are not decided yet, as the database has them now."""
        query = select(FeedFile).where(FeedFile.id.in_(file_ids), FeedFile.status == "registered")
        return list(self._session.scalars(query.execution_options(populate_existing=True)))

    def unaffected_by_others(self, file_ids: Sequence[UUID]) -> set[UUID]:
        """Select those of the files whose result no decided file of the same organisation can change.

        That is, no such file has a newer snapshot or the same content.
        """
        other = aliased(FeedFile)
        newer = tuple_(other.snapshot_at, other.id) > tuple_(FeedFile.snapshot_at, FeedFile.id)
        same = (other.digest == FeedFile.digest) & (other.mapping == FeedFile.mapping)
        bearing = select(other.id).where(
            other.org_id == FeedFile.org_id, other.status.in_((*_SHOWN, "stale")), or_(newer, same)
        )
        return set(self._session.scalars(select(FeedFile.id).where(FeedFile.id.in_(file_ids), ~bearing.exists())))

    def last_named(self, org_id: UUID, name: str) -> FeedFile | None:
        """Find the delivery of this name that was registered last (ids rise with time), whatever its own date."""
        query = select(FeedFile).filter_by(org_id=org_id, name=name)
        return self._session.scalars(query.order_by(FeedFile.id.desc()).limit(1)).first()

    def last_delivered(self, org_id: UUID, mapping: str) -> FeedFile | None:
        """Find the delivery of this mapping that was registered last, by whatever name."""
        query = select(FeedFile).filter_by(org_id=org_id, mapping=mapping)
        return self._session.scalars(query.order_by(FeedFile.id.desc()).limit(1)).first()

    def sent_before(self, delivery: Delivery, snapshot_at: datetime) -> FeedFile | None:
        """Find a delivery of the same name, content and time of the stock, read by the same mapping."""
        query = select(FeedFile).filter_by(
            org_id=delivery.org.id, mapping=delivery.mapping.name, name=delivery.stored_name, digest=delivery.digest
        )
        return self._session.scalars(query.where(FeedFile.snapshot_at == snapshot_at).limit(1)).first()

    def last_decided(self, org_id: UUID, mapping: str) -> FeedFile | None:
        """Find the newest snapshot of this mapping, whose content the listings show."""
        query = select(FeedFile).filter_by(org_id=org_id, mapping=mapping).where(FeedFile.status.in_(_SHOWN))
        return self._session.scalars(query.order_by(FeedFile.snapshot_at.desc(), FeedFile.id.desc()).limit(1)).first()

    def redelivered(self, file: FeedFile) -> FeedFile | None:
        """Find a decided file of the same content and snapshot, or of the same dated name, other than this one."""
        query = select(FeedFile).filter_by(
            org_id=file.org_id, mapping=file.mapping, mapping_version=file.mapping_version, digest=file.digest
        )
        same = FeedFile.snapshot_at == file.snapshot_at
        if file.snapshot_at < file.received_at:  # its name states an earlier time
            same = or_(same, FeedFile.name == file.name)
        return self._session.scalars(
            query.where(same, FeedFile.id != file.id, FeedFile.status.in_((*_SHOWN, "stale"))).limit(1)
        ).first()

    def is_read_anew(self, last: FeedFile) -> bool:
        """Tell whether the bytes of a file have more to say when they come again, read by the same mapping.

        So it is where another mapping has read them since, or where the chassis numbers could not be sealed.
        """
        if any(each["code"] == UNSEALED for each in last.warnings):
            return True
        since = select(FeedFile.id).where(
            FeedFile.org_id == last.org_id,
            FeedFile.digest == last.digest,
            FeedFile.mapping != last.mapping,
            FeedFile.status.in_(_SHOWN),
            tuple_(FeedFile.snapshot_at, FeedFile.id) > tuple_(last.snapshot_at, last.id),
        )
        return self._session.scalars(since.limit(1)).first() is not None

    def held_back(self, file: FeedFile) -> bool:
        """Tell whether cars that this content lacks are still held back by a guard."""
        query = select(FeedFile.id).filter_by(org_id=file.org_id, mapping=file.mapping, digest=file.digest)
        return self._session.scalars(query.where(FeedFile.removals_held > 0).limit(1)).first() is not None

    def refresh_held(self, org_id: UUID) -> None:
        """Update, for each file, the count of the cars that it held back and that are still live."""
        held = (
            select(func.count())
            .select_from(ListingRemoval)
            .join(Listing, Listing.id == ListingRemoval.listing_id)
            .where(
                ListingRemoval.file_id == FeedFile.id,
                ListingRemoval.state == "held",
                in_states(Listing.status, "searched"),
            )
            .scalar_subquery()
        )
        files = update(FeedFile).where(FeedFile.org_id == org_id, FeedFile.removals_held > 0)
        self._session.execute(files.values(removals_held=held), execution_options={"synchronize_session": False})

    def newest(self, org_id: UUID | None = None, *, limit: int = 50) -> list[tuple[FeedFile, str]]:
        """List the newest files, of one organisation or of all, each with its organisation's code."""
        query = select(FeedFile, Org.code).join(Org, Org.id == FeedFile.org_id)
        if org_id is not None:
            query = query.where(FeedFile.org_id == org_id)
        rows = self._session.execute(query.order_by(FeedFile.received_at.desc(), FeedFile.id.desc()).limit(limit))
        return [(file, code) for file, code in rows]


class FeedRejectRepository:
    """Reads and writes the rows that did not become listings."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, file_id: UUID, rejects: pl.DataFrame) -> None:
        """Append the rejected rows (REJECT_SCHEMA) of one file."""
        self.add_all({file_id: rejects})

    def add_all(self, rejects: dict[UUID, pl.DataFrame]) -> None:
        """Append the rejected rows (REJECT_SCHEMA) of several files."""
        rows = [each.with_columns(file_id=pl.lit(str(file_id))) for file_id, each in rejects.items() if each.height]
        if rows:
            copy_frame(self._session, FeedReject.__tablename__, pl.concat(rows).select(*REJECT_COLUMNS, "file_id"))

    def of_file(self, file_id: UUID) -> Sequence[FeedReject]:
        """List the rejected rows of one file, in the file's order."""
        query = select(FeedReject).where(FeedReject.file_id == file_id)
        return self._session.scalars(query.order_by(FeedReject.row_number, FeedReject.id)).all()

    def keys(self, file_id: UUID, code: str) -> Sequence[str]:
        """List the stock numbers of the rows of a file that were rejected for one reason."""
        query = select(FeedReject.source_key).where(FeedReject.file_id == file_id, FeedReject.code == code)
        return [key for key in self._session.scalars(query.order_by(FeedReject.row_number)) if key is not None]

    def drop(self, file_id: UUID) -> None:
        """Delete the rejected rows of a file that is read again."""
        self._session.execute(delete(FeedReject).where(FeedReject.file_id == file_id))


_VERBS = {"approved": "approve", "undone": "undo", "replayed": "replay"}


class FeedActionRepository:
    """Reads and writes the decisions of people about files."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, file: FeedFile, kind: str, actor: str, counts: dict[str, Any]) -> None:
        """Record a decision, made now, for the file's own history and in the audit trail."""
        self._session.add(FeedAction(file_id=file.id, kind=kind, actor=actor, counts=counts))
        self._session.flush()
        act = Act(f"feeds.{_VERBS[kind]}", "feed_file", str(file.id), file.org_id, after=counts)
        record(self._session, Actor.system(f"automart feeds by {actor}"), act)

    def of_file(self, file_id: UUID) -> Sequence[FeedAction]:
        """List all decisions about a file, oldest first."""
        query = select(FeedAction).where(FeedAction.file_id == file_id)
        return self._session.scalars(query.order_by(FeedAction.at, FeedAction.id)).all()

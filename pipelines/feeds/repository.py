"""SQL of the feed files and their rejected rows."""

from collections.abc import Sequence
from uuid import UUID

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.copy import copy_frame
from core.db.tables import FeedFile, FeedReject, Org
from core.errors import NotFoundError

REJECT_COLUMNS = ("row_number", "source_key", "code", "column", "value", "message")


class FeedFileRepository:
    """The files, by what they are asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, file: FeedFile) -> FeedFile:
        """Insert a row; the database gives the id."""
        self._session.add(file)
        self._session.flush()
        return file

    def get(self, file_id: UUID) -> FeedFile:
        """The file as the database has it now, whatever this session has seen of it before.

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
        """Files that nobody has decided, oldest first."""
        query = select(FeedFile).where(FeedFile.status == "registered").order_by(FeedFile.received_at, FeedFile.id)
        return list(self._session.scalars(query))

    def waiting(self, org_id: UUID, name: str, digest: str, mapping: str) -> FeedFile | None:
        """The same delivery where it is registered and still undecided."""
        query = select(FeedFile).filter_by(
            org_id=org_id, name=name, digest=digest, mapping=mapping, status="registered"
        )
        return self._session.scalars(query.order_by(FeedFile.received_at, FeedFile.id).limit(1)).first()

    def last_named(self, org_id: UUID, name: str) -> FeedFile | None:
        """The delivery of this name that was registered last (ids rise with time), whatever its own date."""
        query = select(FeedFile).filter_by(org_id=org_id, name=name)
        return self._session.scalars(query.order_by(FeedFile.id.desc()).limit(1)).first()

    def last_applied(self, org_id: UUID, mapping: str) -> FeedFile | None:
        """The file whose content the listings of this mapping now show."""
        query = select(FeedFile).filter_by(org_id=org_id, mapping=mapping, status="applied")
        return self._session.scalars(query.order_by(FeedFile.applied_at.desc(), FeedFile.id.desc()).limit(1)).first()

    def newest(self, org_id: UUID | None = None, *, limit: int = 50) -> list[tuple[FeedFile, str]]:
        """The newest files, of one organisation or of all, each with its organisation's code."""
        query = select(FeedFile, Org.code).join(Org, Org.id == FeedFile.org_id)
        if org_id is not None:
            query = query.where(FeedFile.org_id == org_id)
        rows = self._session.execute(query.order_by(FeedFile.received_at.desc(), FeedFile.id.desc()).limit(limit))
        return [(file, code) for file, code in rows]


class FeedRejectRepository:
    """The rows that did not become listings."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, file_id: UUID, rejects: pl.DataFrame) -> None:
        """Append the rejected rows (REJECT_SCHEMA) of one file."""
        rows = rejects.select(REJECT_COLUMNS).with_columns(file_id=pl.lit(str(file_id)))
        copy_frame(self._session, FeedReject.__tablename__, rows)

    def of_file(self, file_id: UUID) -> Sequence[FeedReject]:
        """The rejected rows of one file, in the file's order."""
        query = select(FeedReject).where(FeedReject.file_id == file_id)
        return self._session.scalars(query.order_by(FeedReject.row_number, FeedReject.id)).all()

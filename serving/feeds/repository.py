"""Read the state of a dealer's files."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import FeedFile, Org


@dataclass(frozen=True)
class FileQuery:
    """The files of a dealer that are read: those before the one that the cursor names."""

    status: str | None = None
    cursor: UUID | None = None
    limit: int = 50


class UploadRepository:
    """Read only: files are registered and decided by the pipelines."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def file(self, dealer: str, file_id: UUID) -> FeedFile | None:
        """Return the file, if it is the dealer's."""
        query = select(FeedFile).join(Org, Org.id == FeedFile.org_id)
        return self._session.scalars(query.where(Org.code == dealer, FeedFile.id == file_id)).first()

    def files(self, dealer: str, query: FileQuery) -> list[FeedFile]:
        """Return files of a dealer, the newest first; one more than a page where there are more."""
        wanted = [Org.code == dealer]
        if query.status is not None:
            wanted.append(FeedFile.status == query.status)
        if query.cursor is not None:
            wanted.append(FeedFile.id < query.cursor)
        files = select(FeedFile).join(Org, Org.id == FeedFile.org_id).where(*wanted)
        return list(self._session.scalars(files.order_by(FeedFile.id.desc()).limit(query.limit + 1)))

    def org_id(self, dealer: str) -> UUID | None:
        """Return the dealer's id; None for an unknown dealer."""
        return self._session.scalar(select(Org.id).where(Org.code == dealer))

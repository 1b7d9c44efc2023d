"""Read the state of a dealer's files."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import FeedFile, Org


class UploadRepository:
    """Read only: files are registered and decided by the pipelines."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def file(self, dealer: str, file_id: UUID) -> FeedFile | None:
        """Return the file, if it is the dealer's."""
        query = select(FeedFile).join(Org, Org.id == FeedFile.org_id)
        return self._session.scalars(query.where(Org.code == dealer, FeedFile.id == file_id)).first()

    def org_id(self, dealer: str) -> UUID | None:
        """Return the dealer's id; None for an unknown dealer."""
        return self._session.scalar(select(Org.id).where(Org.code == dealer))

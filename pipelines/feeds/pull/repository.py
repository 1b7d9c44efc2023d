"""SQL of the feed sources."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import FeedSource, Org
from core.errors import NotFoundError
from pipelines.feeds.mail.addresses import MAIL


class FeedSourceRepository:
    """Reads and writes the addresses, each with its dealer."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, source: FeedSource) -> FeedSource:
        """Insert a row; the database gives the id."""
        self._session.add(source)
        self._session.flush()
        return source

    def get(self, source_id: UUID) -> FeedSource:
        """Read a source.

        Raises:
            NotFoundError: `unknown_source`.
        """
        source = self._session.get(FeedSource, source_id)
        if source is None:
            raise NotFoundError(
                f"There is no feed source {source_id}; `automart feeds sources list` shows them.", code="unknown_source"
            )
        return source

    def of_url(self, org_id: UUID, url: str) -> FeedSource | None:
        """Find the dealer's source of exactly this address."""
        return self._session.scalars(select(FeedSource).filter_by(org_id=org_id, url=url)).first()

    def all(self, org_id: UUID | None = None) -> list[tuple[FeedSource, Org]]:
        """List every source, or one dealer's, in the order in which they were added."""
        query = select(FeedSource, Org).join(Org, Org.id == FeedSource.org_id).order_by(FeedSource.id)
        if org_id is not None:
            query = query.where(FeedSource.org_id == org_id)
        return [(source, org) for source, org in self._session.execute(query)]

    def on_servers(self, org_id: UUID | None = None) -> list[tuple[FeedSource, Org]]:
        """List the sources that are read from servers, without the mail addresses, to which dealers send."""
        return [(source, org) for source, org in self.all(org_id) if not source.url.startswith(MAIL)]

    def delete(self, source: FeedSource) -> None:
        """Delete the address; files that came from it stay."""
        self._session.delete(source)
        self._session.flush()

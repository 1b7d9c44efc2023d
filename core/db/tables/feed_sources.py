"""The addresses that dealers' files are read from."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class FeedSource(Base):
    """An address that a dealer's file is read from, or a mail address to which it sends; and how it went the last time.

    `etag`, `last_modified` and `digest` describe the last file that was taken; they change in the transaction that
    registers it, so a file is never forgotten because its validators were remembered first.
    """

    __tablename__ = "feed_sources"
    __table_args__ = (
        UniqueConstraint("org_id", "url"),
        ForeignKeyConstraint(["file_id", "org_id"], ["feed_files.id", "feed_files.org_id"]),
        CheckConstraint("url ~ '^((https?|sftp|ftpe?s)://|mailto:)'", name="url"),
        CheckConstraint("(url LIKE 'sftp://%') = (host_key IS NOT NULL)", name="host_key"),
    )

    id: Mapped[UuidKey]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    url: Mapped[str] = mapped_column(Text)
    mapping: Mapped[str | None] = mapped_column(Text)  # null: the dealer's default mapping
    # Name of an entry of FEED_PULL_CREDENTIALS; the secret itself never stands in the database.
    credential: Mapped[str | None] = mapped_column(Text)
    host_key: Mapped[str | None] = mapped_column(Text)  # SFTP: fingerprint of the server's key, SHA256:...
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)  # as the server wrote it; over SFTP and FTP size and time
    digest: Mapped[str | None] = mapped_column(Text)
    file_id: Mapped[UUID | None]
    checked_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer, server_default="0")  # in a row
    last_error: Mapped[str | None] = mapped_column(Text)
    last_code: Mapped[str | None] = mapped_column(Text)  # the kind of that failure
    created_at: Mapped[CreatedAt]

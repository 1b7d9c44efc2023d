"""Answers that were given to requests with an Idempotency-Key."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class IdempotentAnswer(Base):
    """The answer to one request, committed together with the effect of the request.

    One row for each person (or service account), organisation, operation and key; null means nobody in particular, and
    is equal to null. The body is sealed: it may hold a contact, or a secret that is shown once.
    """

    __tablename__ = "idempotent_answers"
    __table_args__ = (
        UniqueConstraint(
            "person_id",
            "org_id",
            "operation",
            "key",
            name="uq_idempotent_answers_scope_key",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("status BETWEEN 200 AND 499", name="server_errors_are_not_kept"),
        Index("ix_idempotent_answers_created_at", "created_at"),
    )

    id: Mapped[UuidKey]
    person_id: Mapped[UUID | None]
    org_id: Mapped[UUID | None]
    operation: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    request_digest: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(SmallInteger)
    sealed_body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]

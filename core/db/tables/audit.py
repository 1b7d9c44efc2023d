"""The audit trail: who did what to which thing, when and why; rows are only ever added."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class AuditRecord(Base):
    """One act, written in the transaction of the act itself.

    `actor_kind`: `person` (then `user_id`), `system` (then `actor`: a command, an asset, a service account) or
    `anonymous`. `before` and `after` hold the fields that changed.
    """

    __tablename__ = "audit_records"
    __table_args__ = (
        CheckConstraint("actor_kind IN ('person', 'system', 'anonymous')", name="actor_kind_is_known"),
        CheckConstraint("(actor_kind = 'person') = (user_id IS NOT NULL)", name="a_person_has_an_id"),
        Index("ix_audit_records_subject_kind_subject_id_id", "subject_kind", "subject_id", "id"),
        Index("ix_audit_records_org_id_id", "org_id", "id"),
        Index("ix_audit_records_user_id_id", "user_id", "id"),
    )

    id: Mapped[UuidKey]
    recorded_at: Mapped[CreatedAt]
    actor_kind: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    user_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    actor_org_id: Mapped[UUID | None]  # the organisation that the actor acts for
    device: Mapped[str | None] = mapped_column(Text)
    address_class: Mapped[str | None] = mapped_column(Text)  # "203.0.113.0/24": never the whole address
    org_id: Mapped[UUID | None]  # the organisation whose thing it is
    action: Mapped[str] = mapped_column(Text)  # "listing.update"
    subject_kind: Mapped[str] = mapped_column(Text)  # "listing"
    subject_id: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)


class AuditQueue(Base):
    """Records that the chain does not hold yet; the chainer takes a row out when it adds the record.

    A trigger of `audit_records` puts them in: whoever may add a record has no right here, and adds none without. There
    is no foreign key, so that a record that was removed while it waited leaves its row, which verification names.
    """

    __tablename__ = "audit_queue"

    record_id: Mapped[UUID] = mapped_column(primary_key=True)


class AuditChain(Base):
    """The records in the order in which the chainer found them committed, each with the digest of all up to it."""

    __tablename__ = "audit_chain"
    __table_args__ = (CheckConstraint("number > 0", name="number_starts_at_one"),)

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    record_id: Mapped[UUID] = mapped_column(ForeignKey("audit_records.id"), unique=True)
    record_digest: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)  # of the digest of number - 1 and all columns above and below
    chained_at: Mapped[datetime]


class AuditAnchor(Base):
    """The anchors that stand in object storage, so that a deleted one is noticed.

    `kind`: `head` (digest up to `number`), `segment` (list of the digests of a day's records, the last one `number`),
    `retained` (records up to `number` were dropped lawfully) or `resumed` (a restore was declared by record `number`).
    """

    __tablename__ = "audit_anchors"
    __table_args__ = (
        CheckConstraint("kind IN ('head', 'segment', 'retained', 'resumed')", name="kind_is_known"),
        CheckConstraint("number > 0", name="number_starts_at_one"),
    )

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    content_digest: Mapped[bytes] = mapped_column(LargeBinary)  # sha256 of the object

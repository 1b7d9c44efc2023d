"""Outbound webhooks: endpoints of partners, the messages made of events, and what was sent where."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey

ENDPOINT_STATES = ("unconfirmed", "active", "paused", "disabled")
DELIVERY_STATES = ("waiting", "delivered", "failed", "skipped")


class WebhookEndpoint(Base):
    """An address of a partner, and what is sent there.

    Nothing but a ping is sent while `phase` is `unconfirmed`. Secrets and headers are sealed under the platform's
    keys. `failing_since` is the first failure after the last success; `quiet_until` the end of the pause that failures
    or the receiver's own word have brought.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint(f"phase IN {ENDPOINT_STATES}", name="phase_is_known"),
        CheckConstraint("ordering IN ('strict', 'loose')", name="ordering_is_known"),
        CheckConstraint("concurrency BETWEEN 1 AND 50", name="concurrency_is_bounded"),
        ForeignKeyConstraint(["branch_id", "org_id"], ["branches.id", "branches.org_id"]),
        Index("ix_webhook_endpoints_org_id", "org_id", postgresql_where=text("deleted_at IS NULL")),
    )

    id: Mapped[UuidKey]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    branch_id: Mapped[UUID | None]
    car_filter: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))  # {}: all cars
    ordering: Mapped[str] = mapped_column(Text, server_default="strict")
    concurrency: Mapped[int] = mapped_column(server_default="4")
    per_second: Mapped[int | None]  # the most messages in a second; None: no limit of its own
    headers: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed JSON of the partner's own headers
    secret: Mapped[bytes] = mapped_column(LargeBinary)  # sealed, as whsec_…
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_secret_until: Mapped[datetime | None]
    signing_key: Mapped[bytes] = mapped_column(LargeBinary)  # sealed, as whsk_…
    public_key: Mapped[str] = mapped_column(Text)  # whpk_…
    phase: Mapped[str] = mapped_column(Text, server_default="unconfirmed")
    phase_reason: Mapped[str | None] = mapped_column(Text)
    failures: Mapped[int] = mapped_column(server_default="0")  # one after the other
    failing_since: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    quiet_until: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class WebhookMessage(Base):
    """The payload of one event, the same for everybody who gets it, fixed by what the event held."""

    __tablename__ = "webhook_messages"
    __table_args__ = (
        UniqueConstraint("type", "subject_id", "sequence"),
        Index("ix_webhook_messages_created_at", "created_at"),
    )

    id: Mapped[UuidKey]
    type: Mapped[str] = mapped_column(Text)
    org_id: Mapped[UUID | None]  # that the subject belongs to
    branch_id: Mapped[UUID | None]  # of the subject, when it happened
    subject_id: Mapped[UUID]
    sequence: Mapped[int]
    is_public: Mapped[bool]  # whether visitors could see the subject when it happened
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]


class WebhookDelivery(Base):
    """One message for one endpoint: waiting with a due time, delivered, failed for good, or skipped."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "message_id"),
        CheckConstraint(f"outcome IN {DELIVERY_STATES}", name="outcome_is_known"),
        Index(
            "ix_webhook_deliveries_waiting",
            "endpoint_id",
            "due_at",
            "id",
            postgresql_where=text("outcome = 'waiting'"),
        ),
        Index(
            "ix_webhook_deliveries_claimed",
            "endpoint_id",
            postgresql_where=text("outcome = 'waiting' AND claimed_until IS NOT NULL"),
        ),
        Index(
            "ix_webhook_deliveries_order",
            "endpoint_id",
            "subject_id",
            "sequence",
            "id",
            postgresql_where=text("outcome = 'waiting'"),
        ),
        Index("ix_webhook_deliveries_endpoint_id_id", "endpoint_id", "id"),
        Index("ix_webhook_deliveries_message_id", "message_id"),
    )

    id: Mapped[UuidKey]
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))  # of the endpoint
    message_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_messages.id", ondelete="CASCADE"))
    subject_id: Mapped[UUID]
    sequence: Mapped[int]
    is_ping: Mapped[bool] = mapped_column(server_default=text("false"))  # goes to unconfirmed endpoints too
    outcome: Mapped[str] = mapped_column(Text, server_default="waiting")
    outcome_reason: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class WebhookAttempt(Base):
    """One request, and how it was answered."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (
        Index("ix_webhook_attempts_delivery_id_id", "delivery_id", "id"),
        Index("ix_webhook_attempts_at", "at"),
    )

    id: Mapped[UuidKey]
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_deliveries.id", ondelete="CASCADE"))
    number: Mapped[int]
    at: Mapped[datetime]
    milliseconds: Mapped[int]
    http_status: Mapped[int | None]
    code: Mapped[str] = mapped_column(Text)  # "ok", "redirect", "timeout", "address_not_allowed", …
    body: Mapped[str | None] = mapped_column(Text)  # the first 4,000 bytes of the answer, contacts masked

"""Leads: what buyers ask about cars, every event of them, their clocks and timers, and how an organisation works."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey
from core.states.leads import LeadState

LEAD_TYPES = ("message", "call_back", "test_drive", "offer", "finance", "inspection", "trade_in")
LEAD_SOURCES = ("api", "adf", "mail", "import")
EVENT_KINDS = (
    "buyer_message", "joined", "reply", "call", "note", "state", "pause", "resume", "auto_reply", "assigned",
    "waiting", "next_action", "tags", "sla", "merged", "attachment",
)  # fmt: skip
CLOCK_KINDS = ("first_answer", "next_answer", "resolution")


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


class Lead(Base):
    """A buyer's question about one car. State, owner, tags and next action repeat what its events say.

    Contact, name and messages are sealed under the key of the buyer's contact, so that erasing the buyer makes them
    unreadable; an erased buyer's row keeps what the car and the answers were.
    """

    __tablename__ = "leads"
    __table_args__ = (
        CheckConstraint(_one_of("type", LEAD_TYPES), name="type_is_known"),
        CheckConstraint(_one_of("source", LEAD_SOURCES), name="source_is_known"),
        CheckConstraint(_one_of("state", tuple(LeadState)), name="state_is_known"),
        CheckConstraint("contact_kind IN ('phone', 'email', 'none')", name="contact_kind_is_known"),
        CheckConstraint("(state = 'merged') = (merged_into IS NOT NULL)", name="merged_names_the_other"),
        CheckConstraint(
            "owner_id IS NOT NULL OR waiting_reason IS NOT NULL OR state IN ('won', 'lost', 'spam', 'merged')",
            name="has_owner_or_reason",
        ),
        Index("ix_leads_org_id_id", "org_id", "id"),
        Index("ix_leads_blind_index_created_at", "blind_index", "created_at"),
        Index("ix_leads_listing_id", "listing_id"),
        Index("ix_leads_buyer_id", "buyer_id", postgresql_where=text("buyer_id IS NOT NULL")),
        Index("ix_leads_seller_id", "seller_id", postgresql_where=text("seller_id IS NOT NULL")),
        Index(
            "ix_leads_owner_id_assigned_at", "owner_id", "assigned_at", postgresql_where=text("owner_id IS NOT NULL")
        ),
        Index(
            "ix_leads_open_owner",
            "org_id",
            "owner_id",
            postgresql_where=text("state NOT IN ('won', 'lost', 'spam', 'merged')"),
        ),
        Index(
            "ix_leads_external_key",
            "org_id",
            "external_key",
            unique=True,
            postgresql_where=text("external_key IS NOT NULL"),
        ),
        Index("ix_leads_text_digest", "text_digest", postgresql_where=text("text_digest IS NOT NULL")),
        Index(
            "ix_leads_unscored",
            "id",
            postgresql_where=text("scored_by IS NULL AND state NOT IN ('won', 'lost', 'spam', 'merged')"),
        ),
        Index("ix_leads_org_id_score", "org_id", text("coalesce(score, -1)"), "id"),
        Index("ix_leads_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index(
            "ix_leads_waiting",
            "created_at",
            postgresql_where=text("owner_id IS NULL AND state NOT IN ('won', 'lost', 'spam', 'merged')"),
        ),
    )

    id: Mapped[UuidKey]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    branch_id: Mapped[UUID | None]  # of the car when the lead came
    listing_id: Mapped[UUID | None] = mapped_column(ForeignKey("listings.id"))  # null: a mail that names no car of ours
    seller_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))  # of a private ad: it has no clocks
    buyer_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    contact_kind: Mapped[str] = mapped_column(Text)
    # Of the buyer's contact, or of the message where it names none; null once erased.
    blind_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_name: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_email: Mapped[bytes | None] = mapped_column(LargeBinary)  # a second way to answer, as the buyer wrote it
    external_key: Mapped[bytes | None] = mapped_column(LargeBinary)  # keyed digest of the message's own id
    text_digest: Mapped[bytes | None] = mapped_column(LargeBinary)  # keyed; finds one text sent about many cars
    type: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, server_default="api")
    language: Mapped[str] = mapped_column(Text, server_default="en")
    make: Mapped[str | None] = mapped_column(Text)  # make and city of the car when the lead came, for the rules
    city: Mapped[str | None] = mapped_column(Text)
    price_pkr: Mapped[int | None]  # asked for the car when the lead came
    offer_pkr: Mapped[int | None]
    trade_in: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))  # the buyer's car, and its band
    device: Mapped[int | None]  # keyed digests, as engagement keeps them
    session: Mapped[int | None]
    query_id: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default=LeadState.NEW)
    state_reason: Mapped[str | None] = mapped_column(Text)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    waiting_reason: Mapped[str | None] = mapped_column(Text)  # why nobody has it
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("leads.id"))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    next_action: Mapped[str | None] = mapped_column(Text)
    next_action_at: Mapped[datetime | None]
    last_number: Mapped[int] = mapped_column(Integer, server_default="0")  # of its events
    score: Mapped[float | None] = mapped_column(Double)  # the chance to be won, while it is open
    scored_by: Mapped[UUID | None]  # the model that looked at it, with or without a score
    created_at: Mapped[CreatedAt]
    assigned_at: Mapped[datetime | None]
    changed_at: Mapped[CreatedAt]


class LeadEvent(Base):
    """One thing that happened to a lead, never changed. `at` is when it happened, `created_at` when it was recorded."""

    __tablename__ = "lead_events"
    __table_args__ = (
        UniqueConstraint("lead_id", "number"),
        CheckConstraint(_one_of("kind", EVENT_KINDS), name="kind_is_known"),
        CheckConstraint("by_kind IN ('buyer', 'person', 'system', 'platform')", name="by_kind_is_known"),
        Index("ix_lead_events_blind_index", "blind_index", postgresql_where=text("blind_index IS NOT NULL")),
        Index("ix_lead_events_org_id_at", "org_id", "at"),
        Index("ix_lead_events_by_id", "by_id", postgresql_where=text("by_id IS NOT NULL")),
    )

    id: Mapped[UuidKey]
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    number: Mapped[int] = mapped_column(Integer)  # from 1 on, in the order of recording
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_kind: Mapped[str] = mapped_column(Text)
    by_id: Mapped[UUID | None]
    state: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)  # a code
    owner_id: Mapped[UUID | None]  # of an assignment
    blind_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]


class LeadClock(Base):
    """One promise that runs or ran. One that has ended is never judged again."""

    __tablename__ = "lead_clocks"
    __table_args__ = (
        UniqueConstraint("lead_id", "kind", "started_at"),
        CheckConstraint(_one_of("kind", CLOCK_KINDS), name="kind_is_known"),
        Index("ix_lead_clocks_answered", "org_id", "answered_at", postgresql_where=text("answered_at IS NOT NULL")),
        Index("ix_lead_clocks_open", "org_id", "due_at", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[UuidKey]
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    kind: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # null while it is paused before
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]  # when its breach was reported
    answered_by: Mapped[UUID | None]  # the person who answered
    working_seconds: Mapped[float | None] = mapped_column(Double)  # until the answer, without pauses
    late: Mapped[bool | None]  # of an ended one: whether it ended after it was due


class LeadTimer(Base):
    """A step of a clock that is due at a moment: a warning, the breach, an escalation. Each is issued once."""

    __tablename__ = "lead_timers"
    __table_args__ = (
        UniqueConstraint("clock_id", "step"),
        Index("ix_lead_timers_due", "at", postgresql_where=text("issued_at IS NULL")),
        Index("ix_lead_timers_lead_id", "lead_id"),
        Index("ix_lead_timers_org_id", "org_id"),
    )

    id: Mapped[UuidKey]
    clock_id: Mapped[UUID] = mapped_column(ForeignKey("lead_clocks.id"))
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    step: Mapped[str] = mapped_column(Text)  # warning_50, breach, escalation_1, reassign
    at: Mapped[datetime]
    to: Mapped[str | None] = mapped_column(Text)  # the role that an escalation is told to
    issued_at: Mapped[datetime | None]


class LeadDesk(Base):
    """An organisation's lead desk: its calendar, promises to buyers and rules of assignment."""

    __tablename__ = "lead_desks"

    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"), primary_key=True)
    calendar: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))  # null: the platform's own
    policies: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    rules: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    changed_at: Mapped[CreatedAt]


class LeadSlaDay(Base):
    """The promises of an organisation's leads of one day of Karachi: the asset `leads/sla_report` writes it anew."""

    __tablename__ = "lead_sla_days"

    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    leads: Mapped[int] = mapped_column(Integer)  # that came on the day
    promises: Mapped[int] = mapped_column(Integer)  # clocks that began on the day: kept, late or running
    kept: Mapped[int] = mapped_column(Integer)
    late: Mapped[int] = mapped_column(Integer)  # ended too late, or overdue
    running: Mapped[int] = mapped_column(Integer)
    median_minutes: Mapped[float | None] = mapped_column(Double)  # working minutes until the first answer
    p90_minutes: Mapped[float | None] = mapped_column(Double)


class LeadScoreModel(Base):
    """A model of the chance that a lead is won. The newest is used where it is `shown`: better than the base rate."""

    __tablename__ = "lead_score_models"

    id: Mapped[UuidKey]
    trained_at: Mapped[CreatedAt]
    shown: Mapped[bool]
    artifact: Mapped[dict[str, Any]] = mapped_column(JSONB)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)  # how it did on later leads

"""The embedded issuer: one-time codes, sessions, and proofs of a contact."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class OtpChallenge(Base):
    """A one-time code that was sent. The code itself is kept as an HMAC bound to recipient, purpose and this row."""

    __tablename__ = "otp_challenges"
    __table_args__ = (
        CheckConstraint("purpose IN ('login', 'contact')", name="purpose_is_known"),
        CheckConstraint("kind IN ('phone', 'email')", name="kind_is_known"),
        Index("ix_otp_challenges_blind_index_created_at", "blind_index", "created_at"),
        Index("ix_otp_challenges_expires_at", "expires_at"),
    )

    id: Mapped[UuidKey]
    purpose: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    blind_index: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # the contact, for the person that logs in for the first time
    code_digest: Mapped[bytes] = mapped_column(LargeBinary)
    device: Mapped[str | None] = mapped_column(Text)
    wrong_guesses: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    consumed_at: Mapped[datetime | None]


class OtpGuesses(Base):
    """Wrong guesses for a contact on a day. Devices that logged in with it before are counted apart from strangers."""

    __tablename__ = "otp_guesses"

    blind_index: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    device: Mapped[str] = mapped_column(Text, primary_key=True)  # '' for all devices that are not known
    day: Mapped[date] = mapped_column(primary_key=True)
    wrong: Mapped[int] = mapped_column(SmallInteger)


class KnownDevice(Base):
    """A device with which a person has logged in with this contact."""

    __tablename__ = "known_devices"

    blind_index: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    device: Mapped[str] = mapped_column(Text, primary_key=True)
    last_login_at: Mapped[datetime]


class UserSession(Base):
    """The session of a login. Its refresh token is derived from its id and `generation`, so none is kept here."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("generation > 0", name="generation_starts_at_one"),
        Index("ix_sessions_user_id", "user_id"),
        Index("ix_sessions_expires_at", "expires_at"),
        Index("ix_sessions_ended_at", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    device: Mapped[str | None] = mapped_column(Text)
    user_agent: Mapped[str | None] = mapped_column(Text)
    address_class: Mapped[str | None] = mapped_column(Text)
    generation: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[CreatedAt]
    refreshed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(Text)  # "logout", "revoked", "refresh_token_reused", …


class EndedOutsideSession(Base):
    """A session of an outside issuer that was ended here: its unexpired tokens are refused."""

    __tablename__ = "ended_outside_sessions"
    __table_args__ = (Index("ix_ended_outside_sessions_expires_at", "expires_at"),)

    issuer: Mapped[str] = mapped_column(Text, primary_key=True)
    session: Mapped[str] = mapped_column(Text, primary_key=True)
    ended_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # when the last of its tokens has expired


class SpentProof(Base):
    """A proof of a contact that was used; it holds once."""

    __tablename__ = "spent_proofs"
    __table_args__ = (Index("ix_spent_proofs_expires_at", "expires_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]

"""People: their contacts, the ways in which they log in, and their roles in organisations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class User(Base):
    """A person. `blocked_at` holds from the next request on."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("language IN ('en', 'ur')", name="language_is_known"),)

    id: Mapped[UuidKey]
    name: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed
    language: Mapped[str] = mapped_column(Text, server_default="en")
    created_at: Mapped[CreatedAt]
    blocked_at: Mapped[datetime | None]


class UserContact(Base):
    """A phone number or an e-mail address that a person has proven to be theirs; it belongs to one person only."""

    __tablename__ = "user_contacts"
    __table_args__ = (
        UniqueConstraint("kind", "blind_index"),
        CheckConstraint("kind IN ('phone', 'email')", name="kind_is_known"),
        Index("ix_user_contacts_user_id", "user_id"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    blind_index: Mapped[bytes] = mapped_column(LargeBinary)
    proven_at: Mapped[datetime]


class Login(Base):
    """A way to log in: the subject of an issuer. Two become one person only when both have proven the same contact."""

    __tablename__ = "logins"
    __table_args__ = (Index("ix_logins_user_id", "user_id"),)

    issuer: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]


class OrgMembership(Base):
    """The role of a person in an organisation; without rows in `membership_branches` it holds in all branches."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("user_id", "org_id"),
        UniqueConstraint("id", "org_id"),  # branches refer to both, so that a foreign branch cannot be named
        CheckConstraint("role NOT IN ('buyer', 'private_seller')", name="everybodys_roles_need_no_membership"),
        Index("ix_memberships_org_id_role", "org_id", "role"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    role: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))  # None: by a command of the operators


class MembershipBranch(Base):
    """A branch to which a membership is narrowed: one of the same organisation."""

    __tablename__ = "membership_branches"
    __table_args__ = (
        ForeignKeyConstraint(["membership_id", "org_id"], ["memberships.id", "memberships.org_id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["branch_id", "org_id"], ["branches.id", "branches.org_id"]),
        Index("ix_membership_branches_org_id", "org_id"),
    )

    membership_id: Mapped[UUID] = mapped_column(primary_key=True)
    branch_id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID]


class Invitation(Base):
    """An offer of a role to a contact. Its token is shown once; accepting it makes the membership."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("token_digest"),
        CheckConstraint("kind IN ('phone', 'email')", name="kind_is_known"),
        Index("ix_invitations_org_id", "org_id"),
        Index("ix_invitations_expires_at", "expires_at"),
    )

    id: Mapped[UuidKey]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    role: Mapped[str] = mapped_column(Text)
    branch_codes: Mapped[str | None] = mapped_column(Text)  # a code a line; None: all branches
    kind: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    blind_index: Mapped[bytes] = mapped_column(LargeBinary)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary)
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    revoked_at: Mapped[datetime | None]


class ServiceAccount(Base):
    """A system that acts for an organisation, within its scopes. Only the digest of its secret is kept."""

    __tablename__ = "service_accounts"
    __table_args__ = (
        UniqueConstraint("org_id", "name"),
        UniqueConstraint("secret_digest"),
    )

    id: Mapped[UuidKey]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    name: Mapped[str] = mapped_column(Text)
    scopes: Mapped[str] = mapped_column(Text)  # names of permissions with blanks between them
    secret_digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

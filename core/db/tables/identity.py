"""Who deals: organisations and their branches. Users and roles join here."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class Org(Base):
    """A dealer (or the marketplace itself, under which private sellers' ads stand)."""

    __tablename__ = "orgs"
    __table_args__ = (
        CheckConstraint("kind IN ('dealer', 'marketplace')", name="kind"),
        CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{1,62}$'", name="code"),
    )

    id: Mapped[UuidKey]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text, server_default="dealer")
    # The mapping that its feed files are read by when a file does not name one.
    default_mapping: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]


class Branch(Base):
    """A showroom of an organisation."""

    __tablename__ = "branches"
    __table_args__ = (UniqueConstraint("org_id", "code"),)

    id: Mapped[UuidKey]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"))
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]

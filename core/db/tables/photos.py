"""Photos and documents of listings: addresses to upload to, contents, and which listing shows which content."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey
from core.vocabulary import DocumentKind, PhotoSlot


def _one_of(column: str, values: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class PhotoUpload(Base):
    """An address that somebody was given to upload one photo or document; deleted with its object after a day."""

    __tablename__ = "photo_uploads"
    __table_args__ = (
        CheckConstraint("purpose IN ('photo', 'document')", name="purpose_is_known"),
        Index("ix_photo_uploads_uploader_created_at", "uploader", "created_at"),
        Index("ix_photo_uploads_listing_id", "listing_id"),
        Index("ix_photo_uploads_created_at", "created_at"),
    )

    id: Mapped[UuidKey]  # of the photo or the document that it becomes
    purpose: Mapped[str] = mapped_column(Text)
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"))
    uploader: Mapped[str] = mapped_column(Text)  # `person:<id>` or `system:<name>`
    kind: Mapped[str] = mapped_column(Text)  # the photo's slot, or the document's kind
    content_type: Mapped[str | None] = mapped_column(Text)  # as announced
    expires_at: Mapped[datetime]  # of the address
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class PhotoContent(Base):
    """The bytes of one picture, whoever shows it: a private clean original, and variants. `photos/<id>/` in storage.

    `made_at` is null while the objects are being written, and again while they are being deleted.
    """

    __tablename__ = "photo_contents"
    __table_args__ = (Index("ix_photo_contents_touched_at", "touched_at"),)

    id: Mapped[UuidKey]
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)  # SHA-256 of the file as it came
    version: Mapped[int] = mapped_column(SmallInteger)  # of `pipelines.photos.developing`
    width: Mapped[int | None] = mapped_column(Integer)  # of the clean original
    height: Mapped[int | None] = mapped_column(Integer)
    variants: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    made_at: Mapped[datetime | None]
    touched_at: Mapped[datetime]


class PhotoAddress(Base):
    """A photo's address in a feed, and the copy that was made of it."""

    __tablename__ = "photo_addresses"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'copied', 'failed')", name="state_is_known"),
        CheckConstraint("state <> 'copied' OR content_id IS NOT NULL", name="copied_has_content"),
        Index("ix_photo_addresses_due_at", "due_at"),
        Index("ix_photo_addresses_content_id", "content_id"),
    )

    id: Mapped[UuidKey]
    url_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)  # SHA-256
    url: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    content_id: Mapped[UUID | None] = mapped_column(ForeignKey("photo_contents.id"))
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")  # in a row that failed
    code: Mapped[str | None] = mapped_column(Text)  # why the last one failed
    due_at: Mapped[datetime]  # when it is read next
    checked_at: Mapped[datetime | None]


class ListingPhoto(Base):
    """A photo of a listing: its content, position and slot. Others see it once its plate step is done or waived.

    What people decide about its plates belongs to it, not to the content: another listing's photo of the same bytes
    stays as it is. `rendition` names the variants that are shown (`pipelines.photos.object_keys`).
    """

    __tablename__ = "listing_photos"
    __table_args__ = (
        CheckConstraint("plates IN ('pending', 'done', 'waived', 'held')", name="plates_is_known"),
        CheckConstraint("(plates = 'done') = (rendition IS NOT NULL)", name="done_has_rendition"),
        CheckConstraint(_one_of("slot", PhotoSlot), name="slot_is_known"),
        CheckConstraint("origin IN ('upload', 'feed')", name="origin_is_known"),
        CheckConstraint("(origin = 'feed') = (address_id IS NOT NULL)", name="feed_has_address"),
        CheckConstraint("(removed_at IS NULL) = (content_id IS NOT NULL)", name="removed_has_no_content"),
        Index("ix_listing_photos_listing_id_position", "listing_id", "position"),
        Index("ix_listing_photos_content_id", "content_id"),
        Index("uq_listing_photos_cover", "listing_id", unique=True, postgresql_where=text("is_cover")),
        Index(
            "ix_listing_photos_undecided",
            "content_id",
            postgresql_where=text("judged_at IS NULL AND content_id IS NOT NULL"),
        ),
        Index(
            "uq_listing_photos_listing_id_address_id",
            "listing_id",
            "address_id",
            unique=True,
            postgresql_where=text("address_id IS NOT NULL"),
        ),
    )

    id: Mapped[UuidKey]
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"))
    content_id: Mapped[UUID | None] = mapped_column(ForeignKey("photo_contents.id"))
    origin: Mapped[str] = mapped_column(Text)
    address_id: Mapped[UUID | None] = mapped_column(ForeignKey("photo_addresses.id"))
    slot: Mapped[str] = mapped_column(Text, server_default="other")
    position: Mapped[int] = mapped_column(Integer)
    is_cover: Mapped[bool] = mapped_column(server_default=text("false"))
    public_key: Mapped[str] = mapped_column(Text, unique=True)  # names it in addresses; random
    plates: Mapped[str] = mapped_column(Text, server_default="pending")
    rendition: Mapped[str | None] = mapped_column(Text)
    judged_at: Mapped[datetime | None]  # when the verdict on its content, or its failure, was applied to it
    unblurred: Mapped[bool] = mapped_column(server_default=text("false"))  # a moderator's: found plates stay clear
    hand_boxes: Mapped[list[list[int]] | None] = mapped_column(JSONB(none_as_null=True))  # areas that a person covered
    created_at: Mapped[CreatedAt]
    removed_at: Mapped[datetime | None]  # a feed's photo that a person deleted: the row keeps it from coming back


class ListingDocument(Base):
    """A picture of one of the car's papers, seen by its owner and moderators alone; `documents/<id>.jpg` in storage."""

    __tablename__ = "listing_documents"
    __table_args__ = (
        CheckConstraint(_one_of("kind", DocumentKind), name="kind_is_known"),
        Index("ix_listing_documents_listing_id", "listing_id"),
        Index("ix_listing_documents_uploader", "uploader"),
        Index("ix_listing_documents_deleted_at", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
    )

    id: Mapped[UuidKey]
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"))
    kind: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    uploader: Mapped[str] = mapped_column(Text)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[CreatedAt]
    deleted_at: Mapped[datetime | None]  # nobody sees it any more; its object goes with the next sweep

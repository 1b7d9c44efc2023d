"""photos and documents of listings: uploads, contents, copies of feeds' photos"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_0620"
down_revision = "2026_11_27_0610"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "photo_contents",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("variants", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_contents")),
        sa.UniqueConstraint("digest", name=op.f("uq_photo_contents_digest")),
    )
    op.create_index("ix_photo_contents_touched_at", "photo_contents", ["touched_at"], unique=False)
    op.create_table(
        "photo_addresses",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("url_digest", sa.LargeBinary(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'copied' OR content_id IS NOT NULL", name=op.f("ck_photo_addresses_copied_has_content")
        ),
        sa.CheckConstraint("state IN ('waiting', 'copied', 'failed')", name=op.f("ck_photo_addresses_state_is_known")),
        sa.ForeignKeyConstraint(
            ["content_id"], ["photo_contents.id"], name=op.f("fk_photo_addresses_content_id_photo_contents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_addresses")),
        sa.UniqueConstraint("url_digest", name=op.f("uq_photo_addresses_url_digest")),
    )
    op.create_index("ix_photo_addresses_content_id", "photo_addresses", ["content_id"], unique=False)
    op.create_index("ix_photo_addresses_due_at", "photo_addresses", ["due_at"], unique=False)
    op.create_table(
        "listing_documents",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("uploader", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('registration_book', 'smart_card', 'auction_sheet', 'inspection_report', 'token_tax', 'other')",
            name=op.f("ck_listing_documents_kind_is_known"),
        ),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_listing_documents_listing_id_listings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_documents")),
    )
    op.create_index(
        "ix_listing_documents_deleted_at",
        "listing_documents",
        ["deleted_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index("ix_listing_documents_listing_id", "listing_documents", ["listing_id"], unique=False)
    op.create_table(
        "listing_photos",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("address_id", sa.Uuid(), nullable=True),
        sa.Column("slot", sa.Text(), server_default="other", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_cover", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("plates", sa.Text(), server_default="pending", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(origin = 'feed') = (address_id IS NOT NULL)", name=op.f("ck_listing_photos_feed_has_address")
        ),
        sa.CheckConstraint("origin IN ('upload', 'feed')", name=op.f("ck_listing_photos_origin_is_known")),
        sa.CheckConstraint("plates IN ('pending', 'done', 'waived')", name=op.f("ck_listing_photos_plates_is_known")),
        sa.CheckConstraint(
            "slot IN ('front', 'rear', 'left', 'right', 'front_left', 'front_right', "
            "'rear_left', 'rear_right', 'dashboard', 'odometer', 'interior', 'rear_seats', "
            "'engine', 'boot', 'wheel', 'damage', 'other')",
            name=op.f("ck_listing_photos_slot_is_known"),
        ),
        sa.CheckConstraint(
            "(removed_at IS NULL) = (content_id IS NOT NULL)", name=op.f("ck_listing_photos_removed_has_no_content")
        ),
        sa.ForeignKeyConstraint(
            ["address_id"], ["photo_addresses.id"], name=op.f("fk_listing_photos_address_id_photo_addresses")
        ),
        sa.ForeignKeyConstraint(
            ["content_id"], ["photo_contents.id"], name=op.f("fk_listing_photos_content_id_photo_contents")
        ),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_listing_photos_listing_id_listings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_photos")),
        sa.UniqueConstraint("public_key", name=op.f("uq_listing_photos_public_key")),
    )
    op.create_index("ix_listing_photos_content_id", "listing_photos", ["content_id"], unique=False)
    op.create_index("ix_listing_photos_listing_id_position", "listing_photos", ["listing_id", "position"], unique=False)
    op.create_index(
        "uq_listing_photos_cover", "listing_photos", ["listing_id"], unique=True, postgresql_where=sa.text("is_cover")
    )
    op.create_index(
        "uq_listing_photos_listing_id_address_id",
        "listing_photos",
        ["listing_id", "address_id"],
        unique=True,
        postgresql_where=sa.text("address_id IS NOT NULL"),
    )
    op.create_table(
        "photo_uploads",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("uploader", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("purpose IN ('photo', 'document')", name=op.f("ck_photo_uploads_purpose_is_known")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_photo_uploads_listing_id_listings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_uploads")),
    )
    op.create_index("ix_photo_uploads_created_at", "photo_uploads", ["created_at"], unique=False)
    op.create_index("ix_photo_uploads_listing_id", "photo_uploads", ["listing_id"], unique=False)
    op.create_index("ix_photo_uploads_uploader_created_at", "photo_uploads", ["uploader", "created_at"], unique=False)
    op.add_column("listings", sa.Column("photo_count", sa.SmallInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("listings", "photo_count")
    op.drop_index("ix_photo_uploads_uploader_created_at", table_name="photo_uploads")
    op.drop_index("ix_photo_uploads_listing_id", table_name="photo_uploads")
    op.drop_index("ix_photo_uploads_created_at", table_name="photo_uploads")
    op.drop_table("photo_uploads")
    op.drop_index(
        "uq_listing_photos_listing_id_address_id",
        table_name="listing_photos",
        postgresql_where=sa.text("address_id IS NOT NULL"),
    )
    op.drop_index("uq_listing_photos_cover", table_name="listing_photos", postgresql_where=sa.text("is_cover"))
    op.drop_index("ix_listing_photos_listing_id_position", table_name="listing_photos")
    op.drop_index("ix_listing_photos_content_id", table_name="listing_photos")
    op.drop_table("listing_photos")
    op.drop_index("ix_listing_documents_listing_id", table_name="listing_documents")
    op.drop_index(
        "ix_listing_documents_deleted_at",
        table_name="listing_documents",
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_table("listing_documents")
    op.drop_index("ix_photo_addresses_due_at", table_name="photo_addresses")
    op.drop_index("ix_photo_addresses_content_id", table_name="photo_addresses")
    op.drop_table("photo_addresses")
    op.drop_index("ix_photo_contents_touched_at", table_name="photo_contents")
    op.drop_table("photo_contents")

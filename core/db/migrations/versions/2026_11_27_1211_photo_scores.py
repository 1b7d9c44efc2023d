"""photos are scored by listing, and owners appeal about plates"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_1211"
down_revision = "2026_11_27_1210"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())
_TIME = sa.DateTime(timezone=True)
_OWNERS = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
# Whatever changes a listing's photos, their order, slots or verdicts makes its score stale.
_STALE = f"""
CREATE FUNCTION listing_photos_score() RETURNS trigger LANGUAGE plpgsql {_OWNERS} AS $$
BEGIN
  INSERT INTO listing_media_scores AS s (listing_id)
  SELECT DISTINCT listing_id FROM changed ORDER BY listing_id
  ON CONFLICT (listing_id) DO UPDATE SET stale = true WHERE NOT s.stale;
  RETURN NULL;
END $$
"""
_COMMANDS = {"insert": "NEW", "update": "NEW", "delete": "OLD"}


def upgrade() -> None:
    op.create_table(
        "listing_media_scores",
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("codes", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("missing_slots", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("cover", sa.Uuid(), nullable=True),
        sa.Column("retake", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("stale", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("scored_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], name=op.f("fk_listing_media_scores_listing_id_listings")
        ),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_listing_media_scores")),
    )
    op.create_index(
        "ix_listing_media_scores_stale", "listing_media_scores", ["listing_id"], postgresql_where=sa.text("stale")
    )
    op.create_table(
        "photo_appeals",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("created_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", _TIME, nullable=True),
        sa.CheckConstraint("kind IN ('unblur', 'missed_plate')", name=op.f("ck_photo_appeals_kind_is_known")),
        sa.CheckConstraint("state IN ('open', 'granted', 'refused')", name=op.f("ck_photo_appeals_state_is_known")),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name=op.f("ck_photo_appeals_decided_has_time")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_photo_appeals_listing_id_listings")),
        sa.ForeignKeyConstraint(
            ["photo_id"],
            ["listing_photos.id"],
            name=op.f("fk_photo_appeals_photo_id_listing_photos"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_appeals")),
    )
    op.create_index(
        "uq_photo_appeals_open", "photo_appeals", ["photo_id"], unique=True, postgresql_where=sa.text("state = 'open'")
    )
    op.create_index("ix_photo_appeals_photo_id", "photo_appeals", ["photo_id"])
    op.create_index("ix_photo_appeals_listing_id", "photo_appeals", ["listing_id"])
    op.create_index(
        "ix_photo_appeals_decided_at",
        "photo_appeals",
        ["decided_at"],
        postgresql_where=sa.text("decided_at IS NOT NULL"),
    )
    op.add_column("listings", sa.Column("photo_score", sa.SmallInteger(), nullable=True))
    op.add_column(
        "listings", sa.Column("has_good_photos", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.execute(_STALE)
    for command, rows in _COMMANDS.items():
        op.execute(
            f"CREATE TRIGGER score_after_{command} AFTER {command} ON listing_photos"
            f" REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION listing_photos_score()"
        )
    op.execute(
        "INSERT INTO listing_media_scores (listing_id) SELECT DISTINCT listing_id FROM listing_photos ORDER BY 1"
    )


def downgrade() -> None:
    for command in _COMMANDS:
        op.execute(f"DROP TRIGGER score_after_{command} ON listing_photos")
    op.execute("DROP FUNCTION listing_photos_score()")
    for column in ("has_good_photos", "photo_score"):
        op.drop_column("listings", column)
    op.drop_table("photo_appeals")
    op.drop_table("listing_media_scores")

"""photos are recognised wherever they turn up again"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1270"
down_revision = "2026_11_27_1260"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_OWNERS = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_SEE = f"""
CREATE FUNCTION listing_photos_see() RETURNS trigger LANGUAGE plpgsql {_OWNERS} AS $$
BEGIN
  INSERT INTO photo_sightings (content_id, listing_id)
  SELECT DISTINCT content_id, listing_id FROM changed WHERE content_id IS NOT NULL ORDER BY 1, 2
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
"""


def _content(name: str, table: str) -> sa.ForeignKeyConstraint:
    key = op.f(f"fk_{table}_{name}_photo_contents")
    return sa.ForeignKeyConstraint([name], ["photo_contents.id"], name=key, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "photo_descriptions",
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("usable", sa.Boolean(), nullable=False),
        sa.Column("crowd", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sought", sa.ARRAY(sa.Integer()), nullable=True),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("tried_at", _TIME, nullable=True),
        sa.Column("described_at", _TIME, nullable=False),
        sa.Column("compared_at", _TIME, nullable=True),
        _content("content_id", "photo_descriptions"),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_photo_descriptions")),
    )
    op.create_index(
        "ix_photo_descriptions_uncompared",
        "photo_descriptions",
        ["described_at"],
        postgresql_where=sa.text("compared_at IS NULL"),
    )
    op.create_table(
        "photo_tokens",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        _content("content_id", "photo_tokens"),
        sa.PrimaryKeyConstraint("version", "token", "content_id", name=op.f("pk_photo_tokens")),
    )
    op.create_index("ix_photo_tokens_content_id", "photo_tokens", ["content_id"])
    op.create_table(
        "photo_pairs",
        sa.Column("a", sa.Uuid(), nullable=False),
        sa.Column("b", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("inliers", sa.Integer(), nullable=False),
        sa.Column("alike", sa.REAL(), nullable=False),
        sa.Column("covered", sa.REAL(), nullable=False),
        sa.Column("mirrored", sa.Boolean(), nullable=False),
        sa.Column("found_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("a < b", name=op.f("ck_photo_pairs_is_ordered")),
        sa.CheckConstraint("kind IN ('same_photo', 'same_car')", name=op.f("ck_photo_pairs_kind_is_known")),
        _content("a", "photo_pairs"),
        _content("b", "photo_pairs"),
        sa.PrimaryKeyConstraint("a", "b", name=op.f("pk_photo_pairs")),
    )
    op.create_index("ix_photo_pairs_b", "photo_pairs", ["b"])
    op.create_table(
        "photo_sightings",
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("first_seen_at", _TIME, server_default=sa.text("now()"), nullable=False),
        _content("content_id", "photo_sightings"),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listings.id"],
            name=op.f("fk_photo_sightings_listing_id_listings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("content_id", "listing_id", name=op.f("pk_photo_sightings")),
    )
    op.create_index("ix_photo_sightings_listing_id", "photo_sightings", ["listing_id"])
    op.execute(_SEE)
    for command in ("insert", "update"):
        op.execute(
            f"CREATE TRIGGER see_after_{command} AFTER {command} ON listing_photos REFERENCING NEW TABLE AS changed"
            " FOR EACH STATEMENT EXECUTE FUNCTION listing_photos_see()"
        )
    op.execute(
        "INSERT INTO photo_sightings (content_id, listing_id, first_seen_at) SELECT content_id, listing_id,"
        " min(created_at) FROM listing_photos WHERE content_id IS NOT NULL GROUP BY 1, 2"
    )
    # Contents that were judged before are described by the next version's verdict: ask for it.
    op.execute("UPDATE photo_verdicts SET version = version || '+undescribed'")


def downgrade() -> None:
    for command in ("insert", "update"):
        op.execute(f"DROP TRIGGER see_after_{command} ON listing_photos")
    op.execute("DROP FUNCTION listing_photos_see()")
    for table in ("photo_sightings", "photo_pairs", "photo_tokens", "photo_descriptions"):
        op.drop_table(table)

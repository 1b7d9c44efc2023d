"""what is told of listings: reveals of contacts, terms that end, differences between feeds and people"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1150"
down_revision = "2026_11_27_1100"
branch_labels = None
depends_on = None

# Visitors may tell of nothing themselves: the row that they may add tells.
_TELL = """
CREATE FUNCTION listing_contacts_tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO outbox_events (topic, subject_id, kind, org_id, payload, sequence)
  SELECT 'listing_contact', l.id, 'revealed', l.org_id, jsonb_build_object('event_id', NEW.event_id), n.sequence
  FROM listings l, outbox_numbers('listing_contact', ARRAY[NEW.listing_id]) n WHERE l.id = NEW.listing_id;
  RETURN NULL;
END $$
"""
_ON_INSERT = """
CREATE TRIGGER tell AFTER INSERT ON listing_contacts FOR EACH ROW EXECUTE FUNCTION listing_contacts_tell()
"""
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "listing_term_notices",
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("renewed_at", _TIME, nullable=False),
        sa.Column("told_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], name=op.f("fk_listing_term_notices_listing_id_listings")
        ),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_listing_term_notices")),
    )
    op.create_table(
        "listing_differences",
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("since", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("says IN ('offered', 'sold', 'missing')", name=op.f("ck_listing_differences_says")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], name=op.f("fk_listing_differences_listing_id_listings")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["feed_files.id"], name=op.f("fk_listing_differences_file_id_feed_files")),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_listing_differences")),
    )
    op.create_index(
        "ix_listings_decided",
        "listings",
        ["org_id"],
        postgresql_where=sa.text("source = 'feed' AND (state_by <> 'feed' OR origin IS NOT NULL)"),
    )
    op.execute(_TELL)
    op.execute(_ON_INSERT)


def downgrade() -> None:
    op.execute("DROP TRIGGER tell ON listing_contacts")
    op.execute("DROP FUNCTION listing_contacts_tell()")
    op.drop_index("ix_listings_decided", table_name="listings")
    op.drop_table("listing_differences")
    op.drop_table("listing_term_notices")

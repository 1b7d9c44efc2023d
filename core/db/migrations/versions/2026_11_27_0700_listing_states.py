"""the life of a listing: eight states and whose word they are; sellers; what people set on feeds' cars"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_0700"
down_revision = "2026_11_27_0630"
branch_labels = None
depends_on = None

_STATES = "('draft', 'in_review', 'live', 'reserved', 'sold', 'withdrawn', 'expired', 'rejected')"
_OFFERED = "status IN ('live', 'reserved')"
_INDEXES = (  # name, columns, further condition
    ("make_model", ["make", "model", "model_year"], ""),
    ("body_price", ["body", "price_pkr"], ""),
    ("car_key", ["make_key", "model_key", "model_year"], " AND price_pkr IS NOT NULL"),
)
_LEAVES = "NOT n.status IN ('live', 'reserved') AND o.status IN ('live', 'reserved')"
_LEFT_BEFORE = "n.status = 'removed' AND o.status <> 'removed'"
_FACTS = "jsonb_build_object('price_pkr', {0}.price_pkr, 'state', {0}.status, 'visibility', {0}.visibility)"
# As in 2026_11_27_0220 and 2026_11_27_0610, but for the condition.
_TELL_UPDATED = f"""
CREATE OR REPLACE FUNCTION listings_tell_updated() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off AS $$
BEGIN
  INSERT INTO outbox_events (topic, subject_id, sequence, kind, org_id, audience, payload)
  SELECT 'listing', n.id, n.sequence, CASE WHEN {{}} THEN 'removed' ELSE 'updated' END,
    n.org_id, outbox_audience(n.channels, n.visibility),
    jsonb_build_object('old', {_FACTS.format("o")}, 'new', {_FACTS.format("n")})
  FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE n.sequence <> o.sequence;
  RETURN NULL;
END $$
"""
_COUNT = """
CREATE OR REPLACE FUNCTION listings_count_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE told listings := NEW;
BEGIN
  IF NEW.id <> OLD.id THEN
    RAISE EXCEPTION 'a listing keeps its id: its followers know it by that';
  END IF;
  {}
  NEW.sequence := OLD.sequence + (told IS DISTINCT FROM OLD)::int;
  RETURN NEW;
END $$
"""
# Policies name the columns that go. Without the comment the next upgrade writes all of them anew.
_NO_POLICIES = """
DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP POLICY %I ON %I', found.policyname, found.tablename);
  END LOOP;
END $$;
COMMENT ON SCHEMA public IS NULL
"""
_BOOKKEEPING = (
    "sequence", "content_hash", "content_hash_version", "file_id", "row_number", "created_at", "updated_at",
    "make_key", "model_key",
)  # fmt: skip

# Phones of branches are published; a private seller's is told to whoever may see the ad, and is sealed in the table.
_CONTACT = """
CREATE FUNCTION contact_of_listing(listing uuid) RETURNS TABLE (org text, branch text, city text, phones jsonb,
  address text, opening_hours jsonb, id uuid, user_id uuid, kind text, blind_index bytea, sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
SELECT o.name, b.name, b.city, b.phones, b.address, b.opening_hours, c.id, c.user_id, c.kind, c.blind_index, c.sealed
FROM listings l JOIN orgs o ON o.id = l.org_id
LEFT JOIN LATERAL (
  SELECT * FROM branches b WHERE l.seller_id IS NULL AND b.org_id = l.org_id AND b.id = coalesce(l.branch_id, b.id)
  ORDER BY b.created_at, b.id LIMIT 1
) b ON true
LEFT JOIN LATERAL (
  SELECT * FROM user_contacts c WHERE c.user_id = l.seller_id AND c.kind = 'phone' ORDER BY c.proven_at LIMIT 1
) c ON l.visibility = 'public'
WHERE l.id = $1 AND l.status IN ('live', 'reserved') AND o.blocked_at IS NULL
$$
"""


def upgrade() -> None:
    op.drop_constraint(op.f("ck_listings_status"), "listings", type_="check")
    op.add_column("listings", sa.Column("seller_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_listings_seller_id_users"), "listings", "users", ["seller_id"], ["id"])
    op.add_column("listings", sa.Column("state_by", sa.Text(), server_default="feed", nullable=False))
    op.add_column("listings", sa.Column("sold_price_pkr", sa.BigInteger(), nullable=True))
    op.add_column("listings", sa.Column("sold_on", sa.Date(), nullable=True))
    op.add_column("listings", sa.Column("origin", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    # A renamed state is no change of any car: no follower need be told.
    op.execute("ALTER TABLE listings DISABLE TRIGGER USER")
    op.execute("UPDATE listings SET status = 'withdrawn' WHERE status = 'removed'")
    op.execute("ALTER TABLE listings ENABLE TRIGGER USER")
    for name, rule in (
        ("status", f"status IN {_STATES}"),
        ("state_by", "state_by IN ('feed', 'person', 'deposit', 'platform')"),
        ("sold_price_pkr", "sold_price_pkr > 0"),
    ):
        op.create_check_constraint(op.f(f"ck_listings_{name}"), "listings", rule)
    for name, columns, more in _INDEXES:
        op.drop_index(f"ix_listings_live_{name}", table_name="listings")
        op.create_index(f"ix_listings_offered_{name}", "listings", columns, postgresql_where=f"{_OFFERED}{more}")
    op.create_index("ix_listings_seller_id", "listings", ["seller_id"], postgresql_where="seller_id IS NOT NULL")
    op.create_table(
        "listing_contacts",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_listing_contacts_listing_id_listings")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_listing_contacts")),
    )
    op.create_index("ix_listing_contacts_listing_id_created_at", "listing_contacts", ["listing_id", "created_at"])
    op.execute(_CONTACT)
    op.execute(_TELL_UPDATED.format(_LEAVES))
    op.execute(_COUNT.format(" ".join(f"told.{name} := OLD.{name};" for name in (*_BOOKKEEPING, "state_by", "origin"))))


def downgrade() -> None:
    op.execute(_NO_POLICIES)
    op.execute("DROP FUNCTION contact_of_listing")
    op.drop_table("listing_contacts")
    op.execute(_COUNT.format(" ".join(f"told.{name} := OLD.{name};" for name in _BOOKKEEPING)))
    op.execute(_TELL_UPDATED.format(_LEFT_BEFORE))
    op.drop_index("ix_listings_seller_id", table_name="listings")
    for name, _, _ in _INDEXES:
        op.drop_index(f"ix_listings_offered_{name}", table_name="listings")
    for name in ("status", "state_by", "sold_price_pkr"):
        op.drop_constraint(op.f(f"ck_listings_{name}"), "listings", type_="check")
    # The older form knows two states: what was never on offer, or is no longer, is removed.
    op.execute("ALTER TABLE listings DISABLE TRIGGER USER")
    op.execute("UPDATE listings SET status = 'live' WHERE status = 'reserved'")
    op.execute(
        "UPDATE listings SET status = 'removed', removed_at = coalesce(removed_at, updated_at) WHERE status <> 'live'"
    )
    op.execute("ALTER TABLE listings ENABLE TRIGGER USER")
    op.create_check_constraint(op.f("ck_listings_status"), "listings", "status IN ('live', 'removed')")
    for name, columns, more in _INDEXES:
        op.create_index(f"ix_listings_live_{name}", "listings", columns, postgresql_where=f"status = 'live'{more}")
    for name in ("origin", "sold_on", "sold_price_pkr", "state_by"):
        op.drop_column("listings", name)
    op.drop_constraint(op.f("fk_listings_seller_id_users"), "listings", type_="foreignkey")
    op.drop_column("listings", "seller_id")

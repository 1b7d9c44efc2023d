"""prices of listings: the first is that of the listing until it changes, without a row of its own"""

from alembic import op

revision = "2026_11_28_2020"
down_revision = "2026_11_28_2001"
branch_labels = None
depends_on = None

_HISTORY = """
CREATE VIEW listing_price_history WITH (security_invoker) AS
SELECT id, listing_id, price_pkr, observed_at, source, file_id FROM listing_prices
UNION ALL
SELECT NULL, l.id, l.price_pkr, l.created_at, l.source, l.file_id FROM listings l
WHERE NOT EXISTS (SELECT FROM listing_prices p WHERE p.listing_id = l.id)
"""
# Before the change, and so before whoever changes the price writes the new one.
_KEEP = """
CREATE FUNCTION listings_keep_first_price() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO listing_prices (listing_id, price_pkr, observed_at, source, file_id)
  SELECT OLD.id, OLD.price_pkr, OLD.created_at, OLD.source, OLD.file_id
  WHERE NOT EXISTS (SELECT FROM listing_prices p WHERE p.listing_id = OLD.id);
  RETURN NEW;
END $$;
CREATE TRIGGER keep_first_price BEFORE UPDATE ON listings FOR EACH ROW
WHEN (OLD.price_pkr IS DISTINCT FROM NEW.price_pkr OR OLD.source <> NEW.source)
EXECUTE FUNCTION listings_keep_first_price()
"""


def upgrade() -> None:
    op.execute(_HISTORY)
    op.execute(_KEEP)


def downgrade() -> None:
    op.execute("""
    INSERT INTO listing_prices (listing_id, price_pkr, observed_at, source, file_id)
    SELECT listing_id, price_pkr, observed_at, source, file_id FROM listing_price_history WHERE id IS NULL
    """)
    op.execute("DROP TRIGGER keep_first_price ON listings")
    op.execute("DROP FUNCTION listings_keep_first_price()")
    op.execute("DROP VIEW listing_price_history")

"""listings: what a feed says of a car, for the step of money that frees it"""

from alembic import op

revision = "2026_11_27_1280"
down_revision = "2026_11_27_1270"
branch_labels = None
depends_on = None

# A file whose removals wait for a person says nothing of what it lacks.
_GONE = """
CREATE FUNCTION listing_is_gone_for_its_feed(listing uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
SELECT EXISTS (SELECT FROM listing_differences d WHERE d.listing_id = $1 AND d.says <> 'offered' AND NOT (
  d.says = 'missing'
  AND EXISTS (SELECT FROM listing_removals r WHERE r.file_id = d.file_id AND r.state = 'held')
))
$$
"""


def upgrade() -> None:
    op.execute(_GONE)


def downgrade() -> None:
    op.execute("DROP FUNCTION listing_is_gone_for_its_feed(uuid)")

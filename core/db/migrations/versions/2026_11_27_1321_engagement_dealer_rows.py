"""engagement: rows of dealers by model, city and source, for which hours whose events are kept are counted anew"""

from alembic import op

revision = "2026_11_27_1321"
down_revision = "2026_11_27_1320"
branch_labels = None
depends_on = None

_ROWS = "dimension IN ('dealer_model', 'dealer_city', 'dealer_source')"
# What is counted is known by the digest of its files; of another one, the loop and `aggregate` count it again.
_COUNT_ANEW = """
UPDATE engagement_partitions p SET input_digest = 'before rows of dealers by model' WHERE p.grain = 'hour' AND EXISTS (
  SELECT FROM engagement_files f WHERE f.hour = p.starts AND f.expired_at IS NULL)
"""


def upgrade() -> None:
    op.execute(_COUNT_ANEW)


def downgrade() -> None:
    op.execute(f"DELETE FROM engagement_aggregates WHERE {_ROWS}")

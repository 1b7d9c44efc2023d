"""the terms of private ads: when each was last put on offer, or renewed by its seller"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_0810"
down_revision = "2026_11_27_0700"
branch_labels = None
depends_on = None

# As in 2026_11_27_0700, but for `renewed_at`: an owner who says that a car is still on offer changes nothing of it.
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
_BOOKKEEPING = (
    "sequence", "content_hash", "content_hash_version", "file_id", "row_number", "created_at", "updated_at",
    "make_key", "model_key", "state_by", "origin",
)  # fmt: skip
_TERM = "status IN ('live') AND seller_id IS NOT NULL"


def _count(*columns: str) -> str:
    return _COUNT.format(" ".join(f"told.{name} := OLD.{name};" for name in columns))


def upgrade() -> None:
    op.add_column("listings", sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(_count(*_BOOKKEEPING, "renewed_at"))
    op.execute("UPDATE listings SET renewed_at = now() WHERE seller_id IS NOT NULL AND status = 'live'")
    op.create_index("ix_listings_term", "listings", ["renewed_at"], postgresql_where=_TERM)


def downgrade() -> None:
    op.drop_index("ix_listings_term", table_name="listings")
    op.execute(_count(*_BOOKKEEPING))
    op.drop_column("listings", "renewed_at")

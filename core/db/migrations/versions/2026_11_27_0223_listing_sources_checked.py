"""the rules of a listing's source hold for the rows of before"""

from alembic import op

revision = "2026_11_27_0223"
down_revision = "2026_11_27_0222"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("listings", "listing_prices"):
        for name in ("source", "feed_has_file"):
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}")


def downgrade() -> None:
    pass

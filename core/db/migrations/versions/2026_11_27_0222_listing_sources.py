"""listings and prices name their source; only those of a feed need a file"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_0222"
down_revision = "2026_11_27_0221"
branch_labels = None
depends_on = None

_RULES = (
    ("listings", "source", "source IN ('feed', 'form', 'private', 'api')"),
    ("listings", "feed_has_file", "source <> 'feed' OR (file_id IS NOT NULL AND row_number IS NOT NULL)"),
    ("listing_prices", "source", "source IN ('feed', 'form', 'private', 'api')"),
    ("listing_prices", "feed_has_file", "source <> 'feed' OR file_id IS NOT NULL"),
)


def upgrade() -> None:
    """Leave the check of present rows to the next migration, under a lock that lets others read and write."""
    for table in ("listings", "listing_prices"):
        op.add_column(table, sa.Column("source", sa.Text(), server_default="feed", nullable=False))
    for table, name, rule in _RULES:
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({rule}) NOT VALID")
    op.alter_column("listings", "file_id", nullable=True)
    op.alter_column("listings", "row_number", nullable=True)
    op.alter_column("listing_prices", "file_id", nullable=True)


def downgrade() -> None:
    for table, name, _ in _RULES:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.alter_column("listing_prices", "file_id", nullable=False)
    op.alter_column("listings", "row_number", nullable=False)
    op.alter_column("listings", "file_id", nullable=False)
    for table in ("listings", "listing_prices"):
        op.drop_column(table, "source")

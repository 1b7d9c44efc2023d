"""feeds: which cells of a file were not understood"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_1370"
down_revision = "2026_11_27_1341"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("not_understood", postgresql.JSONB(), server_default="[]", nullable=False)
    op.add_column("feed_files", column)


def downgrade() -> None:
    op.drop_column("feed_files", "not_understood")

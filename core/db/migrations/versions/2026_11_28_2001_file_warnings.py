"""feeds: warnings about cars of a file"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_28_2001"
down_revision = "2026_11_28_2000"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("feed_files", sa.Column("warnings", JSONB(), server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("feed_files", "warnings")

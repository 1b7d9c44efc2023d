"""feeds: attempts at a request"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_1702"
down_revision = "2026_11_28_1701"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("feed_requests", sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("feed_requests", sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("feed_requests", "next_attempt_at")
    op.drop_column("feed_requests", "attempts")

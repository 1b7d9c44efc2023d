"""notices about contests of copied photos"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_1510"
down_revision = "2026_11_28_1500"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("photo_contests", sa.Column("told_state", sa.Text(), nullable=True))
    op.execute("UPDATE photo_contests SET told_state = state")  # nobody is told of what happened before this
    op.create_index(
        "ix_photo_contests_untold", "photo_contests", ["id"], postgresql_where="told_state IS DISTINCT FROM state"
    )


def downgrade() -> None:
    op.drop_index("ix_photo_contests_untold", "photo_contests")
    op.drop_column("photo_contests", "told_state")

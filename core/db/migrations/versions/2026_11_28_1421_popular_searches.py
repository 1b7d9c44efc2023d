"""engagement: searches that many shoppers make, which typeahead offers"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_1421"
down_revision = "2026_11_28_1420"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "popular_searches",
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("devices", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("text", name=op.f("pk_popular_searches")),
    )


def downgrade() -> None:
    op.drop_table("popular_searches")

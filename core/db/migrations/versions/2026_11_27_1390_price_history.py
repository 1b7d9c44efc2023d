"""files of past ads that teach prices without being on offer"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1390"
down_revision = "2026_11_27_1280"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "price_history",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ads", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("ads > 0", name=op.f("ck_price_history_ads")),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_price_history_days_are_ordered")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_price_history")),
    )


def downgrade() -> None:
    op.drop_table("price_history")

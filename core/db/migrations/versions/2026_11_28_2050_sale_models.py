"""price bands: the model of sale prices and of the days until a sale"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_2050"
down_revision = "2026_11_28_2040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sale_models",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("artifact", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_models")),
        sa.CheckConstraint("told >= 0 AND sold >= told", name=op.f("ck_sale_models_counts")),
    )


def downgrade() -> None:
    op.drop_table("sale_models")

"""price bands: the counts that a sale model was judged on stand apart from what answers, which the API may read"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_2220"
down_revision = "2026_11_28_2121"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sale_models", sa.Column("metrics", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False)
    )
    # Of the weekly fits at most sixty are kept.
    op.execute(
        "UPDATE sale_models SET metrics = coalesce(artifact -> 'metrics', '{}'), artifact = artifact - 'metrics'"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE sale_models SET artifact = artifact || jsonb_build_object('metrics', metrics) WHERE artifact <> '{}'"
    )
    op.drop_column("sale_models", "metrics")

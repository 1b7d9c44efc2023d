"""engagement: funnels of dealers, as their dashboards tell them"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_1460"
down_revision = "2026_11_28_1441"
branch_labels = None
depends_on = None

_STEPS = ("search", "view", "contact", "lead", "deposit", "sold")
_TIMES = tuple(f"{step}_{name}_s" for step in _STEPS[1:] for name in ("p50", "p90"))


def upgrade() -> None:
    op.create_table(
        "engagement_funnels",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in (*_STEPS, *_TIMES)),
        sa.PrimaryKeyConstraint("org_id", "dimension", "day", "key", name=op.f("pk_engagement_funnels")),
    )
    op.create_index("ix_engagement_funnels_day", "engagement_funnels", ["day"])


def downgrade() -> None:
    op.drop_table("engagement_funnels")

"""counters of calls that all processes share"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_0341"
down_revision = "2026_11_27_0340"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rate_limit_counters",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("times", postgresql.ARRAY(sa.DOUBLE_PRECISION()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("number", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("current", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("previous", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limit_counters")),
        prefixes=["UNLOGGED"],  # a crash of the server forgets some calls; each call is spared a flush to disk
    )
    op.create_index("ix_rate_limit_counters_ends_at", "rate_limit_counters", ["ends_at"], unique=False)


def downgrade() -> None:
    op.drop_table("rate_limit_counters")

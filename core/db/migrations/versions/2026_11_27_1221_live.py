"""live: streams of numbered events, by organisation and by person"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_1221"
down_revision = "2026_11_27_1220"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "live_streams",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_streams")),
    )
    op.create_table(
        "live_events",
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("numbered_at", _TIME, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("role IN ('org', 'seller', 'buyer')", name=op.f("ck_live_events_role_is_known")),
        sa.PrimaryKeyConstraint("stream_id", "number", name=op.f("pk_live_events")),
    )
    op.create_index("ix_live_events_numbered_at", "live_events", ["numbered_at"])


def downgrade() -> None:
    op.drop_table("live_events")
    op.drop_table("live_streams")

"""what people ask for about feeds over the API"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_1500"
down_revision = "2026_11_28_1480"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_requests",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("storage_key", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('replay', 'approve', 'undo', 'preview')", name=op.f("ck_feed_requests_kind")),
        sa.CheckConstraint("state IN ('waiting', 'done', 'refused')", name=op.f("ck_feed_requests_state")),
        sa.CheckConstraint("(kind = 'preview') = (file_id IS NULL)", name=op.f("ck_feed_requests_file")),
        sa.CheckConstraint("(state = 'waiting') = (done_at IS NULL)", name=op.f("ck_feed_requests_done")),
        sa.ForeignKeyConstraint(
            ["file_id", "org_id"],
            ["feed_files.id", "feed_files.org_id"],
            name=op.f("fk_feed_requests_file_id_feed_files"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_feed_requests_org_id_orgs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_requests")),
    )
    op.create_index("ix_feed_requests_org_id", "feed_requests", ["org_id"])
    op.create_index(
        "ix_feed_requests_waiting",
        "feed_requests",
        ["id"],
        postgresql_where=sa.text("state = 'waiting' OR storage_key IS NOT NULL"),
    )
    op.create_index(
        "uq_feed_requests_one_waits",
        "feed_requests",
        ["file_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )


def downgrade() -> None:
    op.drop_table("feed_requests")

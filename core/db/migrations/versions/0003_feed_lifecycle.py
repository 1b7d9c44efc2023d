"""order of snapshots, removals by file, people's decisions, limits per dealer"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATUSES = "status IN ('registered', 'applied', 'duplicate', {}'refused')"


def upgrade() -> None:
    _files_and_rejects()
    op.create_table(
        "feed_actions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("kind IN ('replayed', 'approved', 'undone')", name=op.f("ck_feed_actions_kind")),
        sa.ForeignKeyConstraint(["file_id"], ["feed_files.id"], name=op.f("fk_feed_actions_file_id_feed_files")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_actions")),
    )
    op.create_index("ix_feed_actions_file_id_at", "feed_actions", ["file_id", "at"], unique=False)
    op.create_table(
        "feed_settings",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("removal_share", sa.REAL(), nullable=True),
        sa.Column("removal_always", sa.Integer(), nullable=True),
        sa.Column("removal_most", sa.Integer(), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("removal_share BETWEEN 0 AND 1", name=op.f("ck_feed_settings_removal_share")),
        sa.CheckConstraint("removal_always >= 0", name=op.f("ck_feed_settings_removal_always")),
        sa.CheckConstraint("removal_most >= 0", name=op.f("ck_feed_settings_removal_most")),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_feed_settings_org_id_orgs")),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_feed_settings")),
    )
    op.create_table(
        "listing_removals",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('held', 'removed', 'undone')", name=op.f("ck_listing_removals_state")),
        sa.ForeignKeyConstraint(["file_id"], ["feed_files.id"], name=op.f("fk_listing_removals_file_id_feed_files")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_listing_removals_listing_id_listings")),
        sa.PrimaryKeyConstraint("file_id", "listing_id", name=op.f("pk_listing_removals")),
    )
    op.create_index("ix_listing_removals_listing_id", "listing_removals", ["listing_id"], unique=False)


def _files_and_rejects() -> None:
    op.add_column(
        "feed_files",
        sa.Column("snapshot_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.execute("UPDATE feed_files SET snapshot_at = received_at")
    op.add_column("feed_files", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("ck_feed_files_status"), "feed_files")
    op.create_check_constraint(op.f("ck_feed_files_status"), "feed_files", _STATUSES.format("'stale', "))
    op.create_index("ix_feed_files_org_id_snapshot_at", "feed_files", ["org_id", "snapshot_at"], unique=False)
    op.add_column("feed_rejects", sa.Column("byte_offset", sa.BigInteger(), nullable=True))
    op.add_column("feed_rejects", sa.Column("severity", sa.Text(), server_default="error", nullable=False))


def downgrade() -> None:
    op.drop_table("listing_removals")
    op.drop_table("feed_settings")
    op.drop_table("feed_actions")
    op.drop_column("feed_rejects", "severity")
    op.drop_column("feed_rejects", "byte_offset")
    op.drop_index("ix_feed_files_org_id_snapshot_at", table_name="feed_files")
    op.execute("UPDATE feed_files SET status = 'duplicate' WHERE status = 'stale'")
    op.drop_constraint(op.f("ck_feed_files_status"), "feed_files")
    op.create_check_constraint(op.f("ck_feed_files_status"), "feed_files", _STATUSES.format(""))
    op.drop_column("feed_files", "undone_at")
    op.drop_column("feed_files", "snapshot_at")

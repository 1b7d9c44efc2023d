"""data keys and erasures of people; messages forget their recipient once they are sent"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_0600"
down_revision = "2026_11_27_0550"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("owner", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("master_key", sa.Text(), nullable=False),
        sa.Column("in_trail", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("owner_kind IN ('person', 'org', 'contact')", name=op.f("ck_data_keys_owner_kind_is_known")),
        sa.CheckConstraint("version > 0", name=op.f("ck_data_keys_version_starts_at_one")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_data_keys")),
    )
    current = sa.text("retired_at IS NULL")
    op.create_index("uq_data_keys_current", "data_keys", ["owner_kind", "owner"], unique=True, postgresql_where=current)
    op.create_index("ix_data_keys_master_key", "data_keys", ["master_key"])
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("indexes", postgresql.ARRAY(sa.LargeBinary()), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.CheckConstraint(
            "finished_at IS NULL OR indexes IS NULL", name=op.f("ck_erasures_indexes_are_gone_at_the_end")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index("ix_erasures_user_id", "erasures", ["user_id"])
    unfinished = sa.text("finished_at IS NULL")
    op.create_index("ix_erasures_unfinished", "erasures", ["requested_at"], postgresql_where=unfinished)
    _messages()


def _messages() -> None:
    op.add_column("messages", sa.Column("blind_index", sa.LargeBinary(), nullable=True))
    op.alter_column("messages", "sealed_recipient", nullable=True)
    op.execute("UPDATE messages SET sealed_recipient = NULL WHERE state <> 'queued'")
    op.create_check_constraint(
        op.f("ck_messages_recipient_is_kept_while_queued"),
        "messages",
        "(state = 'queued') = (sealed_recipient IS NOT NULL)",
    )
    op.create_check_constraint(
        op.f("ck_messages_index_is_kept_while_queued"), "messages", "state = 'queued' OR blind_index IS NULL"
    )
    known = sa.text("blind_index IS NOT NULL")
    op.create_index("ix_messages_blind_index", "messages", ["blind_index"], postgresql_where=known)


def downgrade() -> None:
    op.drop_index("ix_messages_blind_index", table_name="messages")
    op.drop_constraint(op.f("ck_messages_index_is_kept_while_queued"), "messages")
    op.drop_constraint(op.f("ck_messages_recipient_is_kept_while_queued"), "messages")
    op.execute("DELETE FROM messages WHERE state <> 'queued'")
    op.alter_column("messages", "sealed_recipient", nullable=False)
    op.drop_column("messages", "blind_index")
    op.drop_table("erasures")
    op.drop_table("data_keys")

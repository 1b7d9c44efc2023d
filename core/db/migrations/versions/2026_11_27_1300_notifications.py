"""messages go by channels, are held and dropped; people choose their channels, quiet hours and phones"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_1300"
down_revision = "2026_11_27_1390"
branch_labels = None
depends_on = None

_QUEUED = sa.text("state = 'queued'")
_STATES = "'queued', 'sent', 'expired', 'failed'"


def _user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"))


def _states(states: str) -> None:
    op.drop_constraint(op.f("ck_messages_state_is_known"), "messages")
    op.create_check_constraint(op.f("ck_messages_state_is_known"), "messages", f"state IN ({states})")


def upgrade() -> None:
    op.drop_index("ix_messages_kind_next_attempt_at", table_name="messages")
    op.drop_constraint(op.f("ck_messages_kind_is_known"), "messages")
    op.alter_column("messages", "kind", new_column_name="channel")
    op.execute("UPDATE messages SET channel = 'sms' WHERE channel = 'phone'")
    op.create_index(
        "ix_messages_channel_next_attempt_at", "messages", ["channel", "next_attempt_at"], postgresql_where=_QUEUED
    )
    op.create_check_constraint(
        op.f("ck_messages_channel_is_known"), "messages", "channel IN ('sms', 'whatsapp', 'email', 'push')"
    )
    _states(f"{_STATES}, 'dropped'")
    op.add_column("messages", sa.Column("reader_id", sa.Uuid(), nullable=True))
    op.add_column("messages", sa.Column("topic", sa.Text(), nullable=True))
    op.add_column("messages", sa.Column("subject_id", sa.Uuid(), nullable=True))
    op.add_column("messages", sa.Column("facts", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False))
    op.create_check_constraint(
        op.f("ck_messages_subject_has_topic"), "messages", "(topic IS NULL) = (subject_id IS NULL)"
    )
    op.create_index(
        "ix_messages_reader_id", "messages", ["reader_id"], postgresql_where=sa.text("reader_id IS NOT NULL")
    )
    op.create_table(
        "notification_preferences",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("channels", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL)",
            name=op.f("ck_notification_preferences_quiet_hours_have_both_ends"),
        ),
        _user("notification_preferences"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notification_preferences")),
    )
    op.create_table(
        "push_devices",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=False),
        sa.Column("token_index", sa.LargeBinary(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("platform IN ('android', 'ios', 'web')", name=op.f("ck_push_devices_platform_is_known")),
        _user("push_devices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_devices")),
        sa.UniqueConstraint("token_index", name=op.f("uq_push_devices_token_index")),
    )
    op.create_index("ix_push_devices_user_id", "push_devices", ["user_id"])


def downgrade() -> None:
    op.drop_table("push_devices")
    op.drop_table("notification_preferences")
    op.drop_index("ix_messages_reader_id", table_name="messages")
    op.drop_constraint(op.f("ck_messages_subject_has_topic"), "messages")
    for column in ("facts", "subject_id", "topic", "reader_id"):
        op.drop_column("messages", column)
    op.execute("DELETE FROM messages WHERE channel = 'push' OR state = 'dropped'")
    _states(_STATES)
    op.drop_constraint(op.f("ck_messages_channel_is_known"), "messages")
    op.drop_index("ix_messages_channel_next_attempt_at", table_name="messages")
    op.alter_column("messages", "channel", new_column_name="kind")
    op.execute("UPDATE messages SET kind = 'phone' WHERE kind IN ('sms', 'whatsapp')")
    op.create_check_constraint(op.f("ck_messages_kind_is_known"), "messages", "kind IN ('phone', 'email')")
    op.create_index(
        "ix_messages_kind_next_attempt_at", "messages", ["kind", "next_attempt_at"], postgresql_where=_QUEUED
    )

"""messages to people: one-time codes, invitations"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_0340"
down_revision = "2026_11_27_0331"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed_recipient", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_values", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('phone', 'email')", name=op.f("ck_messages_kind_is_known")),
        sa.CheckConstraint("state IN ('queued', 'sent', 'expired', 'failed')", name=op.f("ck_messages_state_is_known")),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_messages_sent_at_is_that_of_sent_ones")
        ),
        sa.CheckConstraint(
            "(state = 'queued') = (sealed_values IS NOT NULL)", name=op.f("ck_messages_values_are_kept_while_queued")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    queued = sa.text("state = 'queued'")
    op.create_index(
        "ix_messages_kind_next_attempt_at", "messages", ["kind", "next_attempt_at"], postgresql_where=queued
    )
    op.create_index("ix_messages_sent_at", "messages", ["sent_at"], postgresql_where=sa.text("sent_at IS NOT NULL"))


def downgrade() -> None:
    op.drop_table("messages")

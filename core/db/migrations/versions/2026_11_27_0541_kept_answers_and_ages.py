"""answers to repeated requests are sealed; subjects of the outbox have an age, and old rows an index each"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_0541"
down_revision = "2026_11_27_0540"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM idempotent_answers")  # plain ones; nothing has kept any yet
    op.drop_column("idempotent_answers", "body")
    op.add_column("idempotent_answers", sa.Column("sealed_body", sa.LargeBinary(), nullable=False))
    op.add_column(
        "outbox_subjects",
        sa.Column("told_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_index("ix_sessions_ended_at", "sessions", ["ended_at"], postgresql_where=sa.text("ended_at IS NOT NULL"))
    op.create_index("ix_messages_created_at", "messages", ["created_at"])
    op.create_index("ix_invitations_expires_at", "invitations", ["expires_at"])


def downgrade() -> None:
    op.drop_index("ix_invitations_expires_at", table_name="invitations")
    op.drop_index("ix_messages_created_at", table_name="messages")
    op.drop_index("ix_sessions_ended_at", table_name="sessions")
    op.drop_column("outbox_subjects", "told_at")
    op.execute("DELETE FROM idempotent_answers")
    op.drop_column("idempotent_answers", "sealed_body")
    op.add_column("idempotent_answers", sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False))

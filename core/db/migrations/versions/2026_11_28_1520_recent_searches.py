"""search: the words that a person searched for lately"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_1520"
down_revision = "2026_11_28_1510"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recent_searches",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("searched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recent_searches_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recent_searches")),
        sa.UniqueConstraint("user_id", "words", name=op.f("uq_recent_searches_user_id_words")),
    )
    op.create_index("ix_recent_searches_searched_at", "recent_searches", ["searched_at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("ix_recent_searches_searched_at", table_name="recent_searches", postgresql_using="brin")
    op.drop_table("recent_searches")

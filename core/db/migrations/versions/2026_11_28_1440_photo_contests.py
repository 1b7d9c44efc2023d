"""contests of reports about stolen photos"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_1440"
down_revision = "2026_11_28_1421"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "photo_contests",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("other_content_id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("other_photo_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("other_org_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "reason IN ('own_photo', 'permitted', 'sold_on', 'not_same')",
            name=op.f("ck_photo_contests_reason_is_known"),
        ),
        sa.CheckConstraint("state IN ('open', 'granted', 'refused')", name=op.f("ck_photo_contests_state_is_known")),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name=op.f("ck_photo_contests_decided_has_time")),
        *(
            sa.ForeignKeyConstraint(
                [column], [target], name=op.f(f"fk_photo_contests_{column}_{target.split('.')[0]}"), ondelete=gone
            )
            for column, target, gone in (
                ("content_id", "photo_contents.id", "CASCADE"),
                ("other_content_id", "photo_contents.id", "CASCADE"),
                ("org_id", "orgs.id", None),
                ("other_org_id", "orgs.id", None),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_contests")),
    )
    pair = ["content_id", "other_content_id", "org_id", "other_org_id"]
    op.create_index("uq_photo_contests_pair", "photo_contests", pair, unique=True)
    op.create_index("ix_photo_contests_other_content_id", "photo_contests", ["other_content_id"])
    op.create_index("ix_photo_contests_org_id", "photo_contests", ["org_id"])
    op.create_index("ix_photo_contests_open", "photo_contests", ["created_at"], postgresql_where="state = 'open'")
    op.create_index(
        "ix_photo_contests_decided_at", "photo_contests", ["decided_at"], postgresql_where="decided_at IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_table("photo_contests")

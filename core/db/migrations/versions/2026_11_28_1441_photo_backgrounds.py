"""photos with a clean background, for organisations that want them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_1441"
down_revision = "2026_11_28_1440"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.create_table(
        "photo_choices",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("clean_backgrounds", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_photo_choices_org_id_orgs")),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_photo_choices")),
    )
    op.create_table(
        "photo_backgrounds",
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("rendition", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="begun", nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("variants", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('begun', 'done', 'failed')", name=op.f("ck_photo_backgrounds_state_is_known")),
        sa.ForeignKeyConstraint(
            ["content_id"],
            ["photo_contents.id"],
            name=op.f("fk_photo_backgrounds_content_id_photo_contents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("content_id", "rendition", name=op.f("pk_photo_backgrounds")),
    )


def downgrade() -> None:
    op.drop_table("photo_backgrounds")
    op.drop_table("photo_choices")

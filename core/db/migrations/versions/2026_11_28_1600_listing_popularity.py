"""engagement: the popularity of listings, by which search may rank"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_1600"
down_revision = "2026_11_28_1521"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listing_popularity",
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("steps", sa.SmallInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("steps BETWEEN 1 AND 7", name=op.f("ck_listing_popularity_steps")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], name=op.f("fk_listing_popularity_listing_id_listings")
        ),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_listing_popularity")),
    )


def downgrade() -> None:
    op.drop_table("listing_popularity")

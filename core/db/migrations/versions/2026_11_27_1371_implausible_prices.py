"""feeds: prices far from the market wait for the dealer's word, or are published without a band"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_1371"
down_revision = "2026_11_27_1370"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_price_doubts",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("price_pkr", sa.BigInteger(), nullable=False),
        sa.Column("likely_pkr", sa.BigInteger(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("price_pkr > 0", name=op.f("ck_feed_price_doubts_price")),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_feed_price_doubts_org_id_orgs")),
        sa.ForeignKeyConstraint(
            ["file_id"], ["feed_files.id"], name=op.f("fk_feed_price_doubts_file_id_feed_files"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("org_id", "source_key", name=op.f("pk_feed_price_doubts")),
    )
    op.add_column("feed_settings", sa.Column("implausible_prices", sa.Text(), server_default="hold", nullable=False))
    op.create_check_constraint(
        op.f("ck_feed_settings_implausible_prices"), "feed_settings", "implausible_prices IN ('hold', 'publish')"
    )
    op.add_column("feed_files", sa.Column("prices", postgresql.JSONB(), server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("feed_files", "prices")
    op.drop_constraint(op.f("ck_feed_settings_implausible_prices"), "feed_settings")
    op.drop_column("feed_settings", "implausible_prices")
    op.drop_table("feed_price_doubts")

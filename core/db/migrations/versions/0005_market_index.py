"""market index, and listings by car"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "market_index",
        sa.Column("segment_kind", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("make", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("level", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("base_month", sa.Date(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("segment_kind IN ('market', 'make', 'model')", name=op.f("ck_market_index_segment_kind")),
        sa.CheckConstraint(
            "0 < low AND low <= level AND level <= high", name=op.f("ck_market_index_interval_is_ordered")
        ),
        sa.CheckConstraint("samples > 0", name=op.f("ck_market_index_samples")),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_market_index_month")),
        sa.PrimaryKeyConstraint("segment_kind", "segment", "month", name=op.f("pk_market_index")),
    )
    op.create_index(
        "ix_listings_live_car_key",
        "listings",
        [
            sa.text("lower(regexp_replace(make, '[^A-Za-z0-9]+', '', 'g'))"),
            sa.text("lower(regexp_replace(model, '[^A-Za-z0-9]+', '', 'g'))"),
            "model_year",
        ],
        postgresql_where="status = 'live' AND price_pkr IS NOT NULL",
    )


def downgrade() -> None:
    op.drop_index("ix_listings_live_car_key", table_name="listings")
    op.drop_table("market_index")

"""engagement aggregates: files of closed hours, and what is counted of them by hour and day"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1210"
down_revision = "2026_11_27_1160"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_GRAIN = "grain IN ('hour', 'day')"
_COUNTS = (
    "events",
    "impressions",
    "views",
    "photo_views",
    "searches",
    "facet_uses",
    "contact_reveals",
    "whatsapp_clicks",
    "call_clicks",
    "contacts",
    "shares",
    "favourites",
    "compares",
    "finance_ctas",
    "inspection_ctas",
    "band_views",
    "leads",
    "leads_answered",
    "deposits",
    "sales",
    "price_drops",
    "bot_views",
    "staff_views",
    "late_after_close",
    "placed_clicks",
    "dwelled",
    "dwell_ms",
    "examined",
    "visitors",
    "sessions",
)


def upgrade() -> None:
    op.create_table(
        "engagement_files",
        sa.Column("hour", _TIME, nullable=False),
        sa.Column("supplement", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("written_at", _TIME, nullable=False),
        sa.Column("expired_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("hour", "supplement", name=op.f("pk_engagement_files")),
    )
    op.create_table(
        "engagement_partitions",
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("starts", _TIME, nullable=False),
        sa.Column("input_digest", sa.Text(), nullable=False),
        sa.Column("outcome_digest", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", _TIME, nullable=False),
        sa.CheckConstraint(_GRAIN, name=op.f("ck_engagement_partitions_grain_is_known")),
        sa.PrimaryKeyConstraint("grain", "starts", name=op.f("pk_engagement_partitions")),
    )
    op.create_table(
        "engagement_aggregates",
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("starts", _TIME, nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _COUNTS),
        sa.Column("visitor_sketch", sa.LargeBinary(), nullable=True),
        sa.Column("session_sketch", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(_GRAIN, name=op.f("ck_engagement_aggregates_grain_is_known")),
    )
    for columns in (("grain", "starts", "dimension"), ("org_id", "grain", "starts"), ("dimension", "key", "starts")):
        op.create_index(f"ix_engagement_aggregates_{'_'.join(columns)}", "engagement_aggregates", list(columns))


def downgrade() -> None:
    for table in ("aggregates", "partitions", "files"):
        op.drop_table(f"engagement_{table}")

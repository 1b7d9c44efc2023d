"""price bands of 50 and of 90 %"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLUMNS = ("low_50_pkr", "high_50_pkr", "low_90_pkr", "high_90_pkr")


def upgrade() -> None:
    for name in _COLUMNS:  # null until the next refresh, which takes such rows for stale
        op.add_column("price_bands", sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_price_bands_levels_are_nested"),
        "price_bands",
        "0 < low_90_pkr AND low_90_pkr <= low_pkr AND low_pkr <= low_50_pkr AND low_50_pkr <= mid_pkr "
        "AND mid_pkr <= high_50_pkr AND high_50_pkr <= high_pkr AND high_pkr <= high_90_pkr",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_price_bands_levels_are_nested"), "price_bands")
    for name in _COLUMNS:
        op.drop_column("price_bands", name)

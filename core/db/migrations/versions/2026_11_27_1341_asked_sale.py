"""deposits: the price and the day of a sale that is asked for while a deposit holds the car"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1341"
down_revision = "2026_11_27_1340"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deposits", sa.Column("asked_sold_price_pkr", sa.BigInteger(), nullable=True))
    op.add_column("deposits", sa.Column("asked_sold_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("deposits", "asked_sold_on")
    op.drop_column("deposits", "asked_sold_price_pkr")

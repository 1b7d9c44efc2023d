"""price bands: the number of sellers behind each month of the market index"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_1900"
down_revision = "2026_11_28_1702"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("market_index", sa.Column("sellers", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    op.drop_column("market_index", "sellers")

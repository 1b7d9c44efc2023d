"""deposits: numbers by day"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1256"
down_revision = "2026_11_27_1255"
branch_labels = None
depends_on = None

_NUMBERS = ("opened", "held", "captured", "ended", "refunds", "leads", "converted")
_PAISA = ("held_paisa", "captured_paisa", "fees_paisa", "refunded_paisa")


def upgrade() -> None:
    op.create_table(
        "deposits_daily",
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _NUMBERS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _PAISA),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_deposits_daily")),
    )


def downgrade() -> None:
    op.drop_table("deposits_daily")

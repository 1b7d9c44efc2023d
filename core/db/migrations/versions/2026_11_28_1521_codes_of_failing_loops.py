"""work: the code of a loop's last failure"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_1521"
down_revision = "2026_11_28_1520"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("work_claims", sa.Column("last_code", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("work_claims", "last_code")

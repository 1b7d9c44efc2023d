"""search: makes, models and cities that saved searches leave out"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_2120"
down_revision = "2026_11_28_2070"
branch_labels = None
depends_on = None

_NAMES = ("not_make", "not_model", "not_city")


def upgrade() -> None:
    for name in _NAMES:
        op.add_column("saved_searches", sa.Column(name, postgresql.ARRAY(sa.Text()), nullable=True))


def downgrade() -> None:
    for name in _NAMES:
        op.drop_column("saved_searches", name)

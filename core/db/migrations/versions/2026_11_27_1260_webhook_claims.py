"""webhooks: deliveries are found by endpoint, those on their way by an index of their own"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1260"
down_revision = "2026_11_27_1256"
branch_labels = None
depends_on = None

_WAITING = "outcome = 'waiting'"
_DELIVERIES = "webhook_deliveries"


def upgrade() -> None:
    op.drop_index("ix_webhook_deliveries_due", table_name=_DELIVERIES)
    op.create_index(
        "ix_webhook_deliveries_waiting",
        _DELIVERIES,
        ["endpoint_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text(_WAITING),
    )
    op.create_index(
        "ix_webhook_deliveries_claimed",
        _DELIVERIES,
        ["endpoint_id"],
        unique=False,
        postgresql_where=sa.text(f"{_WAITING} AND claimed_until IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_deliveries_claimed", table_name=_DELIVERIES)
    op.drop_index("ix_webhook_deliveries_waiting", table_name=_DELIVERIES)
    op.create_index(
        "ix_webhook_deliveries_due", _DELIVERIES, ["due_at"], unique=False, postgresql_where=sa.text(_WAITING)
    )

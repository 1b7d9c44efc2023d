"""listings: chassis numbers that people state, of private ads too"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_2070"
down_revision = "2026_11_28_2050"
branch_labels = None
depends_on = None

_TABLE = "listing_chassis"
_OWNER = "(seller_id IS NULL) = (sealed_number IS NOT NULL) AND (seller_id IS NULL) = (sealed_for_seller IS NULL)"


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column("seller_id", sa.Uuid(), nullable=True))
    op.add_column(_TABLE, sa.Column("sealed_for_seller", sa.LargeBinary(), nullable=True))
    op.add_column(_TABLE, sa.Column("by_person", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.alter_column(_TABLE, "sealed_number", nullable=True)
    op.create_foreign_key(op.f("fk_listing_chassis_seller_id_users"), _TABLE, "users", ["seller_id"], ["id"])
    where = sa.text("seller_id IS NOT NULL")
    op.create_index("ix_listing_chassis_seller_id", _TABLE, ["seller_id"], postgresql_where=where)
    op.create_check_constraint(op.f("ck_listing_chassis_sealed_for_its_owner"), _TABLE, _OWNER)


def downgrade() -> None:
    for name in ("own_org", "own_person"):  # they name the column; the walls of the earlier version write theirs
        op.execute(f"DROP POLICY IF EXISTS {name} ON {_TABLE}")
    op.drop_constraint(op.f("ck_listing_chassis_sealed_for_its_owner"), _TABLE)
    op.drop_index("ix_listing_chassis_seller_id", _TABLE)
    op.drop_constraint(op.f("fk_listing_chassis_seller_id_users"), _TABLE)
    op.execute("DELETE FROM listing_chassis WHERE sealed_number IS NULL")
    op.alter_column(_TABLE, "sealed_number", nullable=False)
    op.drop_column(_TABLE, "by_person")
    op.drop_column(_TABLE, "sealed_for_seller")
    op.drop_column(_TABLE, "seller_id")

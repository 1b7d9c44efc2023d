"""listings: one index finds cars by make and model, for look-ups by any spelling and for similar cars"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_2021"
down_revision = "2026_11_28_2020"
branch_labels = None
depends_on = None

_OFFERED = "status IN ('live', 'reserved')"
_KEYS = ["make_key", "model_key", "model_year"]


def upgrade() -> None:
    op.create_index("ix_listings_offered_car", "listings", _KEYS, postgresql_where=sa.text(_OFFERED))
    op.drop_index("ix_listings_offered_car_key", table_name="listings")
    op.drop_index("ix_listings_offered_make_model", table_name="listings")


def downgrade() -> None:
    names = ["make", "model", "model_year"]
    op.create_index("ix_listings_offered_make_model", "listings", names, postgresql_where=sa.text(_OFFERED))
    priced = sa.text(f"{_OFFERED} AND price_pkr IS NOT NULL")
    op.create_index("ix_listings_offered_car_key", "listings", _KEYS, postgresql_where=priced)
    op.drop_index("ix_listings_offered_car", table_name="listings")

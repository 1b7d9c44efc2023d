"""consumers of the outbox remember a snapshot; similar cars by body and price"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import UserDefinedType

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


class PgSnapshot(UserDefinedType[str]):
    """As it was when this migration was written."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "pg_snapshot"


class Xid8(UserDefinedType[str]):
    """As it was when this migration was written."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


def upgrade() -> None:
    op.add_column("outbox_offsets", sa.Column("snapshot", PgSnapshot(), nullable=True))
    # Everything from the old position's transaction on counts as unseen: a few listings are sent once more.
    op.execute("UPDATE outbox_offsets SET snapshot = (xid::text || ':' || xid::text || ':')::pg_snapshot")
    op.alter_column("outbox_offsets", "snapshot", nullable=False)
    op.drop_column("outbox_offsets", "event_id")
    op.drop_column("outbox_offsets", "xid")
    op.create_index(
        "ix_listings_live_body_price",
        "listings",
        ["body", "price_pkr"],
        unique=False,
        postgresql_where=sa.text("status = 'live'"),
    )


def downgrade() -> None:
    op.drop_index("ix_listings_live_body_price", table_name="listings")
    op.add_column("outbox_offsets", sa.Column("xid", Xid8(), nullable=True))
    op.add_column("outbox_offsets", sa.Column("event_id", sa.BigInteger(), nullable=True))
    op.execute("UPDATE outbox_offsets SET xid = pg_snapshot_xmin(snapshot), event_id = 0")
    op.alter_column("outbox_offsets", "xid", nullable=False)
    op.alter_column("outbox_offsets", "event_id", nullable=False)
    op.drop_column("outbox_offsets", "snapshot")

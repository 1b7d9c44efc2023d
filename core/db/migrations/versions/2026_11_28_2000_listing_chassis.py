"""listings: chassis numbers, sealed and as blind indexes"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_2000"
down_revision = "2026_11_28_1900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listing_chassis",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("chassis_index", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_number", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_listing_chassis_listing_id_listings")),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_listing_chassis_org_id_orgs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_chassis")),
        sa.UniqueConstraint("listing_id", name=op.f("uq_listing_chassis_listing_id")),
    )
    op.create_index("ix_listing_chassis_org_id_chassis_index", "listing_chassis", ["org_id", "chassis_index"])
    op.create_index("ix_listing_chassis_chassis_index_org_id", "listing_chassis", ["chassis_index", "org_id"])


def downgrade() -> None:
    op.drop_table("listing_chassis")

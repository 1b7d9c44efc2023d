"""price models and bands"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "price_models",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("data_digest", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Integer(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("metrics", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('champion', 'retired', 'rejected')", name=op.f("ck_price_models_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_models")),
        sa.UniqueConstraint("version", name=op.f("uq_price_models_version")),
    )
    op.create_index(
        "uq_price_models_champion",
        "price_models",
        ["status"],
        unique=True,
        postgresql_where="status = 'champion'",
    )
    op.create_table(
        "price_bands",
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("low_pkr", sa.BigInteger(), nullable=True),
        sa.Column("mid_pkr", sa.BigInteger(), nullable=True),
        sa.Column("high_pkr", sa.BigInteger(), nullable=True),
        sa.Column("confidence", sa.REAL(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("model_version", sa.Text(), nullable=True),
        sa.Column("listing_updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(method = 'none') = (mid_pkr IS NULL) AND (method = 'none') = (reason IS NOT NULL)",
            name=op.f("ck_price_bands_band_or_reason"),
        ),
        sa.CheckConstraint("method IN ('model', 'comparables', 'none')", name=op.f("ck_price_bands_method")),
        sa.CheckConstraint(
            "0 < low_pkr AND low_pkr <= mid_pkr AND mid_pkr <= high_pkr",
            name=op.f("ck_price_bands_band_is_ordered"),
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_price_bands_confidence")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_price_bands_listing_id_listings")),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_price_bands")),
    )


def downgrade() -> None:
    op.drop_table("price_bands")
    op.drop_table("price_models")

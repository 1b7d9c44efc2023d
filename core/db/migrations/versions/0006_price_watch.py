"""life and watching of price models"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")


def upgrade() -> None:
    op.add_column("price_models", sa.Column("origin", sa.Text(), server_default="trained", nullable=False))
    op.add_column("price_models", sa.Column("parent_version", sa.Text(), nullable=True))
    op.add_column("price_models", sa.Column("code_digest", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_price_models_origin"), "price_models", "origin IN ('trained', 'recalibrated')")
    op.drop_constraint(op.f("ck_price_bands_method"), "price_bands")
    op.create_check_constraint(
        op.f("ck_price_bands_method"), "price_bands", "method IN ('model', 'family', 'comparables', 'none')"
    )
    op.create_table(
        "price_model_events",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("replaced", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint("kind IN ('promoted', 'rejected', 'rolled_back')", name=op.f("ck_price_model_events_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_model_events")),
    )
    op.create_index("ix_price_model_events_version", "price_model_events", ["version"])
    op.create_table(
        "price_accuracy",
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.REAL(), nullable=True)
            for name in ("coverage", "mean_width", "median_ape", "mape", "level", "level_error")
        ),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("measured_on", "model_version", "segment", name=op.f("pk_price_accuracy")),
    )
    op.create_table(
        "price_drift",
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("psi", sa.REAL(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("measured_on", "model_version", "input", name=op.f("pk_price_drift")),
    )


def downgrade() -> None:
    op.execute("DELETE FROM price_bands WHERE method = 'family'")  # the next refresh computes them anew
    op.drop_constraint(op.f("ck_price_bands_method"), "price_bands")
    op.create_check_constraint(
        op.f("ck_price_bands_method"), "price_bands", "method IN ('model', 'comparables', 'none')"
    )
    op.drop_table("price_drift")
    op.drop_table("price_accuracy")
    op.drop_table("price_model_events")
    op.drop_constraint(op.f("ck_price_models_origin"), "price_models")
    for name in ("code_digest", "parent_version", "origin"):
        op.drop_column("price_models", name)

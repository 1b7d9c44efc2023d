"""the chance that leads are won, and the price that was asked when they came"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_1400"
down_revision = "2026_11_28_1450"
branch_labels = None
depends_on = None

_OPEN = "scored_by IS NULL AND state NOT IN ('won', 'lost', 'spam', 'merged')"


def upgrade() -> None:
    op.create_table(
        "lead_score_models",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("artifact", postgresql.JSONB(), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_score_models")),
    )
    op.add_column("leads", sa.Column("price_pkr", sa.BigInteger(), nullable=True))
    op.add_column("leads", sa.Column("score", sa.Double(), nullable=True))
    op.add_column("leads", sa.Column("scored_by", sa.Uuid(), nullable=True))
    op.create_index("ix_leads_org_id_score", "leads", ["org_id", sa.literal_column("coalesce(score, -1)"), "id"])
    op.create_index("ix_leads_unscored", "leads", ["id"], postgresql_where=sa.text(_OPEN))


def downgrade() -> None:
    op.drop_index("ix_leads_unscored", table_name="leads")
    op.drop_index("ix_leads_org_id_score", table_name="leads")
    for column in ("scored_by", "score", "price_pkr"):
        op.drop_column("leads", column)
    op.drop_table("lead_score_models")

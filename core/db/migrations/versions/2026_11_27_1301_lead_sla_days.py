"""leads: promises kept and broken by organisation and day"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1301"
down_revision = "2026_11_27_1300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lead_sla_days",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("leads", "promises", "kept", "late", "running")),
        sa.Column("median_minutes", sa.Double(), nullable=True),
        sa.Column("p90_minutes", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_lead_sla_days_org_id_orgs")),
        sa.PrimaryKeyConstraint("org_id", "day", name=op.f("pk_lead_sla_days")),
    )


def downgrade() -> None:
    op.drop_table("lead_sla_days")

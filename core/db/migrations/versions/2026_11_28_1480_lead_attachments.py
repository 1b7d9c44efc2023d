"""files that buyers and desks add to leads"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_1480"
down_revision = "2026_11_28_1460"
branch_labels = None
depends_on = None

_BEFORE = (
    "'buyer_message', 'joined', 'reply', 'call', 'note', 'state', 'pause', 'resume', 'auto_reply', 'assigned',"
    " 'waiting', 'next_action', 'tags', 'sla', 'merged'"
)
_KINDS = "ck_lead_events_kind_is_known"


def upgrade() -> None:
    op.create_table(
        "lead_attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("from_buyer", sa.Boolean(), nullable=False),
        sa.Column("for_buyer", sa.Boolean(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("blind_index", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "content_type IN ('image/jpeg', 'application/pdf')",
            name=op.f("ck_lead_attachments_content_type_is_known"),
        ),
        sa.CheckConstraint("for_buyer OR NOT from_buyer", name=op.f("ck_lead_attachments_buyers_see_their_own")),
        sa.ForeignKeyConstraint(["id"], ["lead_events.id"], name=op.f("fk_lead_attachments_id_lead_events")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_attachments_lead_id_leads")),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_lead_attachments_org_id_orgs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_attachments")),
    )
    op.create_index("ix_lead_attachments_lead_id", "lead_attachments", ["lead_id"])
    op.create_index("ix_lead_attachments_org_id", "lead_attachments", ["org_id"])
    op.create_index(
        "ix_lead_attachments_blind_index",
        "lead_attachments",
        ["blind_index"],
        postgresql_where=sa.text("blind_index IS NOT NULL"),
    )
    _known(f"{_BEFORE}, 'attachment'")


def downgrade() -> None:
    op.drop_table("lead_attachments")
    op.execute("DELETE FROM lead_events WHERE kind = 'attachment'")
    _known(_BEFORE)


def _known(kinds: str) -> None:
    op.drop_constraint(op.f(_KINDS), "lead_events", type_="check")
    op.create_check_constraint(op.f(_KINDS), "lead_events", f"kind IN ({kinds})")

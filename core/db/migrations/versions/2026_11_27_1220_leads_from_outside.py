"""leads that name no car or no contact, messages known by their own ids, and how long answers took in working time"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1220"
down_revision = "2026_11_27_1212"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("leads", "listing_id", nullable=True)
    op.alter_column("leads", "make", nullable=True)
    op.drop_constraint(op.f("ck_leads_contact_kind_is_known"), "leads")
    op.create_check_constraint(
        op.f("ck_leads_contact_kind_is_known"), "leads", "contact_kind IN ('phone', 'email', 'none')"
    )
    op.add_column("leads", sa.Column("external_key", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_leads_external_key",
        "leads",
        ["org_id", "external_key"],
        unique=True,
        postgresql_where=sa.text("external_key IS NOT NULL"),
    )
    op.create_index(
        "ix_leads_text_digest", "leads", ["text_digest"], postgresql_where=sa.text("text_digest IS NOT NULL")
    )
    op.create_index("ix_lead_events_org_id_at", "lead_events", ["org_id", "at"])
    op.create_index("ix_lead_timers_org_id", "lead_timers", ["org_id"])
    op.add_column("lead_clocks", sa.Column("working_seconds", sa.Double(), nullable=True))
    op.add_column("lead_clocks", sa.Column("answered_by", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_lead_clocks_answered",
        "lead_clocks",
        ["org_id", "answered_at"],
        postgresql_where=sa.text("answered_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_lead_clocks_answered", table_name="lead_clocks")
    op.drop_column("lead_clocks", "answered_by")
    op.drop_column("lead_clocks", "working_seconds")
    op.drop_index("ix_lead_timers_org_id", table_name="lead_timers")
    op.drop_index("ix_lead_events_org_id_at", table_name="lead_events")
    op.drop_index("ix_leads_text_digest", table_name="leads")
    op.drop_index("ix_leads_external_key", table_name="leads")
    op.drop_column("leads", "external_key")
    op.drop_constraint(op.f("ck_leads_contact_kind_is_known"), "leads")
    op.execute("DELETE FROM lead_timers WHERE lead_id IN (SELECT id FROM leads WHERE contact_kind = 'none')")
    op.execute("DELETE FROM lead_clocks WHERE lead_id IN (SELECT id FROM leads WHERE contact_kind = 'none')")
    op.execute("DELETE FROM lead_events WHERE lead_id IN (SELECT id FROM leads WHERE contact_kind = 'none')")
    op.execute("DELETE FROM leads WHERE contact_kind = 'none'")
    op.create_check_constraint(op.f("ck_leads_contact_kind_is_known"), "leads", "contact_kind IN ('phone', 'email')")

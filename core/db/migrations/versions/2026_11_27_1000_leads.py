"""leads, their events, clocks and timers, and the desks of organisations"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_1000"
down_revision = "2026_11_27_0810"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lead_desks",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("calendar", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("policies", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("rules", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_lead_desks_org_id_orgs")),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_lead_desks")),
    )
    op.create_table(
        "leads",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("buyer_id", sa.Uuid(), nullable=True),
        sa.Column("contact_kind", sa.Text(), nullable=False),
        sa.Column("blind_index", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_contact", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_email", sa.LargeBinary(), nullable=True),
        sa.Column("text_digest", sa.LargeBinary(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), server_default="api", nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("make", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("offer_pkr", sa.BigInteger(), nullable=True),
        sa.Column("trade_in", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("device", sa.BigInteger(), nullable=True),
        sa.Column("session", sa.BigInteger(), nullable=True),
        sa.Column("query_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("waiting_reason", sa.Text(), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("next_action", sa.Text(), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(state = 'merged') = (merged_into IS NOT NULL)", name=op.f("ck_leads_merged_names_the_other")
        ),
        sa.CheckConstraint("contact_kind IN ('phone', 'email')", name=op.f("ck_leads_contact_kind_is_known")),
        sa.CheckConstraint(
            "owner_id IS NOT NULL OR waiting_reason IS NOT NULL OR state IN ('won', 'lost', 'spam', 'merged')",
            name=op.f("ck_leads_has_owner_or_reason"),
        ),
        sa.CheckConstraint("source IN ('api', 'adf', 'mail', 'import')", name=op.f("ck_leads_source_is_known")),
        sa.CheckConstraint(
            "state IN ('new', 'assigned', 'contacted', 'appointment', 'negotiating', 'won', 'lost', 'spam', 'merged')",
            name=op.f("ck_leads_state_is_known"),
        ),
        sa.CheckConstraint(
            "type IN ('message', 'call_back', 'test_drive', 'offer', 'finance', 'inspection', 'trade_in')",
            name=op.f("ck_leads_type_is_known"),
        ),
        sa.ForeignKeyConstraint(["buyer_id"], ["users.id"], name=op.f("fk_leads_buyer_id_users")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_leads_listing_id_listings")),
        sa.ForeignKeyConstraint(["merged_into"], ["leads.id"], name=op.f("fk_leads_merged_into_leads")),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_leads_org_id_orgs")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_leads_owner_id_users")),
        sa.ForeignKeyConstraint(["seller_id"], ["users.id"], name=op.f("fk_leads_seller_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
    )
    op.create_index("ix_leads_blind_index_created_at", "leads", ["blind_index", "created_at"], unique=False)
    op.create_index(
        "ix_leads_buyer_id", "leads", ["buyer_id"], unique=False, postgresql_where=sa.text("buyer_id IS NOT NULL")
    )
    op.create_index("ix_leads_listing_id", "leads", ["listing_id"], unique=False)
    op.create_index(
        "ix_leads_merged_into",
        "leads",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index("ix_leads_org_id_id", "leads", ["org_id", "id"], unique=False)
    op.create_index(
        "ix_leads_owner_id_assigned_at",
        "leads",
        ["owner_id", "assigned_at"],
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.create_index(
        "ix_leads_open_owner",
        "leads",
        ["org_id", "owner_id"],
        postgresql_where=sa.text("state NOT IN ('won', 'lost', 'spam', 'merged')"),
    )
    op.create_index(
        "ix_leads_seller_id", "leads", ["seller_id"], unique=False, postgresql_where=sa.text("seller_id IS NOT NULL")
    )
    op.create_index(
        "ix_leads_waiting",
        "leads",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("owner_id IS NULL AND state NOT IN ('won', 'lost', 'spam', 'merged')"),
    )
    op.create_table(
        "lead_clocks",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('first_answer', 'next_answer', 'resolution')", name=op.f("ck_lead_clocks_kind_is_known")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_clocks_lead_id_leads")),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_lead_clocks_org_id_orgs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_clocks")),
        sa.UniqueConstraint("lead_id", "kind", "started_at", name=op.f("uq_lead_clocks_lead_id_kind_started_at")),
    )
    op.create_index(
        "ix_lead_clocks_open",
        "lead_clocks",
        ["org_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "lead_events",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_kind", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("blind_index", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "by_kind IN ('buyer', 'person', 'system', 'platform')", name=op.f("ck_lead_events_by_kind_is_known")
        ),
        sa.CheckConstraint(
            "kind IN ('buyer_message', 'joined', 'reply', 'call', 'note', 'state', 'pause', 'resume',"
            " 'auto_reply', 'assigned', 'waiting', 'next_action', 'tags', 'sla', 'merged')",
            name=op.f("ck_lead_events_kind_is_known"),
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_events_lead_id_leads")),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_lead_events_org_id_orgs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_events")),
        sa.UniqueConstraint("lead_id", "number", name=op.f("uq_lead_events_lead_id_number")),
    )
    op.create_index(
        "ix_lead_events_blind_index",
        "lead_events",
        ["blind_index"],
        unique=False,
        postgresql_where=sa.text("blind_index IS NOT NULL"),
    )
    op.create_index(
        "ix_lead_events_by_id", "lead_events", ["by_id"], unique=False, postgresql_where=sa.text("by_id IS NOT NULL")
    )
    op.create_table(
        "lead_timers",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("clock_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to", sa.Text(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clock_id"], ["lead_clocks.id"], name=op.f("fk_lead_timers_clock_id_lead_clocks")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_timers_lead_id_leads")),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_lead_timers_org_id_orgs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_timers")),
        sa.UniqueConstraint("clock_id", "step", name=op.f("uq_lead_timers_clock_id_step")),
    )
    op.create_index(
        "ix_lead_timers_due", "lead_timers", ["at"], unique=False, postgresql_where=sa.text("issued_at IS NULL")
    )
    op.create_index("ix_lead_timers_lead_id", "lead_timers", ["lead_id"], unique=False)


def downgrade() -> None:
    for name in ("lead_timers", "lead_clocks", "lead_events", "leads", "lead_desks"):
        op.drop_table(name)

"""deposits: holds, what was asked of providers, money that came and what goes back"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1231"
down_revision = "2026_11_27_1230"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deposits",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), server_default="PKR", nullable=False),
        sa.Column("amount_paisa", sa.BigInteger(), nullable=False),
        sa.Column("fee_paisa", sa.BigInteger(), nullable=False),
        sa.Column("refunded_paisa", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunding_paisa", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_as", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("keeps_car", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("former_by", sa.Text(), nullable=True),
        sa.Column("asked_status", sa.Text(), nullable=True),
        sa.Column("disputed_from", sa.Text(), nullable=True),
        sa.Column("pay_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cooling_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('created', 'awaiting_payment', 'held', 'captured', 'voided', 'expired', 'refunding', 'refunded',"
            " 'disputed')",
            name=op.f("ck_deposits_state_is_known"),
        ),
        sa.CheckConstraint(
            "amount_paisa > 0 AND fee_paisa BETWEEN 0 AND amount_paisa", name=op.f("ck_deposits_amounts")
        ),
        sa.CheckConstraint(
            "refunded_paisa >= 0 AND refunding_paisa >= 0 AND refunded_paisa + refunding_paisa <= amount_paisa",
            name=op.f("ck_deposits_refunds_fit"),
        ),
        sa.ForeignKeyConstraint(["buyer_id"], ["users.id"], name=op.f("fk_deposits_buyer_id_users")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_deposits_lead_id_leads")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_deposits_listing_id_listings")),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_deposits_org_id_orgs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposits")),
    )
    op.create_index("ix_deposits_buyer_id", "deposits", ["buyer_id"], unique=False)
    op.create_index(
        "ix_deposits_hold_until", "deposits", ["hold_until"], unique=False, postgresql_where=sa.text("state = 'held'")
    )
    op.create_index("ix_deposits_listing_id", "deposits", ["listing_id"], unique=False)
    op.create_index("ix_deposits_org_id_id", "deposits", ["org_id", "id"], unique=False)
    op.create_index(
        "ix_deposits_pay_until",
        "deposits",
        ["pay_until"],
        unique=False,
        postgresql_where=sa.text("state IN ('created', 'awaiting_payment')"),
    )
    op.create_index(
        "uq_deposits_one_hold", "deposits", ["listing_id"], unique=True, postgresql_where=sa.text("keeps_car")
    )
    op.create_table(
        "payment_intents",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("deposit_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), server_default="PKR", nullable=False),
        sa.Column("amount_paisa", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("provider_token", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("inquiries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('new', 'open', 'closed')", name=op.f("ck_payment_intents_state_is_known")),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposits.id"], name=op.f("fk_payment_intents_deposit_id_deposits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_intents")),
        sa.UniqueConstraint("reference", name=op.f("uq_payment_intents_reference")),
    )
    op.create_index("ix_payment_intents_deposit_id", "payment_intents", ["deposit_id"], unique=False)
    op.create_index(
        "ix_payment_intents_next_at",
        "payment_intents",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_transaction", sa.Text(), nullable=False),
        sa.Column("intent_id", sa.Uuid(), nullable=True),
        sa.Column("deposit_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.Text(), server_default="PKR", nullable=False),
        sa.Column("amount_paisa", sa.BigInteger(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("use IN ('hold', 'unallocated')", name=op.f("ck_payments_use_is_known")),
        sa.CheckConstraint("amount_paisa > 0", name=op.f("ck_payments_amount")),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposits.id"], name=op.f("fk_payments_deposit_id_deposits")),
        sa.ForeignKeyConstraint(
            ["intent_id"], ["payment_intents.id"], name=op.f("fk_payments_intent_id_payment_intents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("provider", "provider_transaction", name=op.f("uq_payments_provider_provider_transaction")),
    )
    op.create_index("ix_payments_deposit_id", "payments", ["deposit_id"], unique=False)
    op.create_index(
        "uq_payments_one_hold", "payments", ["deposit_id"], unique=True, postgresql_where=sa.text("use = 'hold'")
    )
    op.create_table(
        "deposit_refunds",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("deposit_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_paisa", sa.BigInteger(), nullable=False),
        sa.Column("dealer_paisa", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fee_paisa", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("provider_refund", sa.Text(), nullable=True),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('awaiting_approval', 'due', 'unknown', 'done', 'refused', 'rejected', 'cancelled')",
            name=op.f("ck_deposit_refunds_state_is_known"),
        ),
        sa.CheckConstraint("amount_paisa > 0", name=op.f("ck_deposit_refunds_amount")),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> requested_by", name=op.f("ck_deposit_refunds_four_eyes")
        ),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposits.id"], name=op.f("fk_deposit_refunds_deposit_id_deposits")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_deposit_refunds_payment_id_payments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_refunds")),
        sa.UniqueConstraint("reference", name=op.f("uq_deposit_refunds_reference")),
    )
    op.create_index("ix_deposit_refunds_deposit_id", "deposit_refunds", ["deposit_id"], unique=False)
    op.create_index(
        "ix_deposit_refunds_next_at",
        "deposit_refunds",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("ix_deposit_refunds_payment_id", "deposit_refunds", ["payment_id"], unique=False)
    op.create_index("ix_deposit_refunds_requested_by", "deposit_refunds", ["requested_by", "created_at"], unique=False)


def downgrade() -> None:
    for table in ("deposit_refunds", "payments", "payment_intents", "deposits"):
        op.drop_table(table)

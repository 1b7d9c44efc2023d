"""deposits: callbacks, receipts, disputes, tasks, payouts, settlement files and the rules of organisations"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_1232"
down_revision = "2026_11_27_1231"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deposit_tasks",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("deposit_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_tasks")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_deposit_tasks_kind_subject")),
    )
    op.create_index(
        "ix_deposit_tasks_open",
        "deposit_tasks",
        ["opened_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "payment_webhooks",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "signature IN ('valid', 'invalid', 'none')", name=op.f("ck_payment_webhooks_signature_is_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_webhooks")),
        sa.UniqueConstraint("provider", "digest", name=op.f("uq_payment_webhooks_provider_digest")),
    )
    op.create_index("ix_payment_webhooks_received_at", "payment_webhooks", ["received_at"], unique=False)
    op.create_table(
        "receipt_series",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_receipt_series")),
    )
    op.create_table(
        "settlement_lines",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider_transaction", sa.Text(), nullable=False),
        sa.Column("amount_paisa", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("file_digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_lines")),
        sa.UniqueConstraint(
            "provider",
            "kind",
            "provider_transaction",
            name=op.f("uq_settlement_lines_provider_kind_provider_transaction"),
        ),
    )
    op.create_table(
        "deposit_desks",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("cooling_off_hours", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hold_hours", sa.Integer(), server_default="72", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_deposit_desks_org_id_orgs")),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_deposit_desks")),
    )
    op.create_table(
        "deposit_payouts",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("amount_paisa", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="requested", nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('requested', 'paid', 'rejected')", name=op.f("ck_deposit_payouts_state_is_known")
        ),
        sa.CheckConstraint("amount_paisa > 0", name=op.f("ck_deposit_payouts_amount")),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> requested_by", name=op.f("ck_deposit_payouts_four_eyes")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_deposit_payouts_org_id_orgs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_payouts")),
    )
    op.create_index("ix_deposit_payouts_org_id", "deposit_payouts", ["org_id"], unique=False)
    op.create_index(
        "uq_deposit_payouts_one",
        "deposit_payouts",
        ["org_id"],
        unique=True,
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_table(
        "deposit_disputes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("deposit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("amount_paisa", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'won', 'lost')", name=op.f("ck_deposit_disputes_state_is_known")),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposits.id"], name=op.f("fk_deposit_disputes_deposit_id_deposits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_disputes")),
    )
    op.create_index("ix_deposit_disputes_deposit_id", "deposit_disputes", ["deposit_id"], unique=False)
    op.create_index(
        "uq_deposit_disputes_open",
        "deposit_disputes",
        ["deposit_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "deposit_receipts",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("deposit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_paisa", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposits.id"], name=op.f("fk_deposit_receipts_deposit_id_deposits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_receipts")),
        sa.UniqueConstraint("series", "number", name=op.f("uq_deposit_receipts_series_number")),
    )
    op.create_index("ix_deposit_receipts_deposit_id", "deposit_receipts", ["deposit_id"], unique=False)


def downgrade() -> None:
    for table in (
        "deposit_receipts",
        "deposit_disputes",
        "deposit_payouts",
        "deposit_desks",
        "settlement_lines",
        "receipt_series",
        "payment_webhooks",
        "deposit_tasks",
    ):
        op.drop_table(table)

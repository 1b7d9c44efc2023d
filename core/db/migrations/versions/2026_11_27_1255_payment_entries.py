"""deposits: entries of payments by hand, references of settlement lines, and whose word the state asked for is"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1255"
down_revision = "2026_11_27_1245"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment_entries",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("provider_transaction", sa.Text(), nullable=False),
        sa.Column("amount_paisa", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="requested", nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('payment', 'refund')", name=op.f("ck_payment_entries_kind_is_known")),
        sa.CheckConstraint("state IN ('requested', 'approved')", name=op.f("ck_payment_entries_state_is_known")),
        sa.CheckConstraint("amount_paisa > 0", name=op.f("ck_payment_entries_amount")),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> requested_by", name=op.f("ck_payment_entries_four_eyes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_entries")),
    )
    op.create_index(
        "uq_payment_entries_approved",
        "payment_entries",
        ["kind", "provider_transaction"],
        unique=True,
        postgresql_where=sa.text("state = 'approved'"),
    )
    op.add_column("settlement_lines", sa.Column("reference", sa.Text(), server_default="", nullable=False))
    op.add_column("deposits", sa.Column("asked_by", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("deposits", "asked_by")
    op.drop_column("settlement_lines", "reference")
    op.drop_table("payment_entries")

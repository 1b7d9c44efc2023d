"""the ledger: accounts, transfers and entries, which sum to zero and are never changed"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1230"
down_revision = "2026_11_27_1221"
branch_labels = None
depends_on = None

# With the owner's rights: it runs at the commit, when the step of the application that wrote the rows is over.
_CHECK = """
CREATE FUNCTION ledger_check_transfer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE checked ledger_transfers;
BEGIN
  IF TG_TABLE_NAME = 'ledger_transfers' THEN
    checked := NEW;
  ELSE
    SELECT * INTO checked FROM ledger_transfers WHERE id = NEW.transfer_id;
  END IF;
  IF checked.made_in <> pg_current_xact_id()::text::bigint THEN
    RAISE EXCEPTION 'the ledger transfer % is complete: correct it by a new one', checked.reference
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF checked.phase IN ('void', 'expire') THEN
    IF EXISTS (SELECT FROM ledger_entries WHERE transfer_id = checked.id) THEN
      RAISE EXCEPTION 'the end % of a pending transfer moves nothing', checked.reference
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  ELSIF (SELECT count(*) FROM ledger_entries WHERE transfer_id = checked.id) < 2 OR EXISTS (
    SELECT FROM ledger_entries WHERE transfer_id = checked.id GROUP BY currency HAVING sum(amount_paisa) <> 0
  ) THEN
    RAISE EXCEPTION 'the entries of the ledger transfer % do not sum to zero', checked.reference
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF checked.pending_id IS NOT NULL AND (SELECT phase FROM ledger_transfers WHERE id = checked.pending_id) <> 'pending'
  THEN
    RAISE EXCEPTION 'the ledger transfer % ends one that is not pending', checked.reference
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF checked.phase = 'post' AND EXISTS (
    SELECT FROM (SELECT account_id, amount_paisa, 1 AS n FROM ledger_entries WHERE transfer_id = checked.id
      UNION ALL SELECT account_id, amount_paisa, -1 FROM ledger_entries WHERE transfer_id = checked.pending_id) e
    GROUP BY account_id, amount_paisa HAVING sum(n) <> 0
  ) THEN
    RAISE EXCEPTION 'the ledger transfer % posts other entries than the pending one', checked.reference
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$
"""
_REFUSE = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed: correct them by a new transfer', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_TIME = sa.DateTime(timezone=True)
_TABLES = ("ledger_accounts", "ledger_transfers", "ledger_entries")
_KINDS = "'buyer', 'dealer', 'platform_fee', 'provider_clearing', 'unallocated', 'bank', 'losses'"


def upgrade() -> None:
    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), server_default="PKR", nullable=False),
        sa.Column("created_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name=op.f("ck_ledger_accounts_kind_is_known")),
        sa.CheckConstraint(
            "(owner_id IS NOT NULL) = (kind IN ('buyer', 'dealer'))", name=op.f("ck_ledger_accounts_owner_by_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
        sa.UniqueConstraint(
            "kind",
            "owner_id",
            "name",
            "currency",
            name=op.f("uq_ledger_accounts_kind_owner_id_name_currency"),
            postgresql_nulls_not_distinct=True,
        ),
        sa.UniqueConstraint("id", "currency", name=op.f("uq_ledger_accounts_id_currency")),
    )
    op.create_table(
        "ledger_transfers",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("pending_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column(
            "made_in", sa.BigInteger(), server_default=sa.text("pg_current_xact_id()::text::bigint"), nullable=False
        ),
        sa.Column("created_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "phase IN ('posted', 'pending', 'post', 'void', 'expire')", name=op.f("ck_ledger_transfers_phase_is_known")
        ),
        sa.CheckConstraint(
            "(pending_id IS NOT NULL) = (phase IN ('post', 'void', 'expire'))",
            name=op.f("ck_ledger_transfers_ends_a_pending"),
        ),
        sa.ForeignKeyConstraint(
            ["pending_id"], ["ledger_transfers.id"], name=op.f("fk_ledger_transfers_pending_id_ledger_transfers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transfers")),
        sa.UniqueConstraint("reference", name=op.f("uq_ledger_transfers_reference")),
        sa.UniqueConstraint("pending_id", name=op.f("uq_ledger_transfers_pending_id")),
    )
    op.create_index("ix_ledger_transfers_subject_id", "ledger_transfers", ["subject_id"])
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_paisa", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_paisa <> 0", name=op.f("ck_ledger_entries_moves_something")),
        sa.ForeignKeyConstraint(
            ["account_id", "currency"],
            ["ledger_accounts.id", "ledger_accounts.currency"],
            name=op.f("fk_ledger_entries_account_id_currency_ledger_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["ledger_transfers.id"], name=op.f("fk_ledger_entries_transfer_id_ledger_transfers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
    )
    for column in ("transfer_id", "account_id"):
        op.create_index(f"ix_ledger_entries_{column}", "ledger_entries", [column])
    op.execute(_CHECK)
    op.execute(_REFUSE)
    for table in _TABLES[1:]:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_sum_to_zero AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION ledger_check_transfer()"
        )
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()"
        )


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    for function in ("check_transfer", "refuse_change"):
        op.execute(f"DROP FUNCTION ledger_{function}()")

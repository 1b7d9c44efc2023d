"""audit records, their chain, and answers to requests with an Idempotency-Key"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_0240"
down_revision = "2026_11_27_0223"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _audit()
    op.create_table(
        "idempotent_answers",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status BETWEEN 200 AND 499", name=op.f("ck_idempotent_answers_server_errors_are_not_kept")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotent_answers")),
        sa.UniqueConstraint(
            "person_id",
            "org_id",
            "operation",
            "key",
            name="uq_idempotent_answers_scope_key",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_idempotent_answers_created_at", "idempotent_answers", ["created_at"])


def _audit() -> None:
    op.create_table(
        "audit_records",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("address_class", sa.Text(), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("after", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "actor_kind IN ('person', 'system', 'anonymous')", name=op.f("ck_audit_records_actor_kind_is_known")
        ),
        sa.CheckConstraint(
            "(actor_kind = 'person') = (user_id IS NOT NULL)", name=op.f("ck_audit_records_a_person_has_an_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_records")),
    )
    op.create_index(
        "ix_audit_records_subject_kind_subject_id_id", "audit_records", ["subject_kind", "subject_id", "id"]
    )
    op.create_index("ix_audit_records_org_id_id", "audit_records", ["org_id", "id"])
    op.create_table(
        "audit_queue",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["audit_records.id"], name=op.f("fk_audit_queue_record_id_audit_records")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_audit_queue")),
    )
    op.create_table(
        "audit_chain",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("chained_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_audit_chain_number_starts_at_one")),
        sa.ForeignKeyConstraint(
            ["record_id"], ["audit_records.id"], name=op.f("fk_audit_chain_record_id_audit_records")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_chain")),
        sa.UniqueConstraint("record_id", name=op.f("uq_audit_chain_record_id")),
    )


def downgrade() -> None:
    op.drop_table("audit_chain")
    op.drop_table("audit_queue")
    op.drop_table("audit_records")
    op.drop_table("idempotent_answers")

"""anchors of the audit chain; audit tables that are only added to; the organisation of the actor"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_0550"
down_revision = "2026_11_27_0541"
branch_labels = None
depends_on = None

_TABLES = ("audit_records", "audit_chain", "audit_anchors")

_REFUSE = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('automart.audit_removal', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % are only added: see docs/runbooks/audit.md', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$
"""
# With the owner's rights: no other role may delete. Both do no more than what an anchor outside the database allows.
_DROP_THROUGH = """
CREATE FUNCTION audit_drop_through(through bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE dropped bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM audit_anchors WHERE kind = 'retained' AND number = through) THEN
        RAISE EXCEPTION 'no retained anchor states that records up to % may be dropped', through
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('automart.audit_removal', 'on', true);
    WITH links AS (DELETE FROM audit_chain WHERE number <= through RETURNING record_id)
    DELETE FROM audit_records USING links WHERE audit_records.id = links.record_id;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    DELETE FROM audit_anchors WHERE number <= through AND NOT (kind = 'retained' AND number = through);
    PERFORM set_config('automart.audit_removal', 'off', true);
    RETURN dropped;
END $$
"""
_DROP_ANCHORS = """
CREATE FUNCTION audit_drop_anchors(kinds text[], numbers bigint[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE dropped bigint;
BEGIN
    PERFORM set_config('automart.audit_removal', 'on', true);
    DELETE FROM audit_anchors USING unnest(kinds, numbers) AS gone(kind, number)
        WHERE audit_anchors.kind = gone.kind AND audit_anchors.number = gone.number;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    PERFORM set_config('automart.audit_removal', 'off', true);
    RETURN dropped;
END $$
"""


def upgrade() -> None:
    op.add_column("audit_records", sa.Column("actor_org_id", sa.Uuid(), nullable=True))
    op.create_table(
        "audit_anchors",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('head', 'segment', 'retained', 'resumed')", name=op.f("ck_audit_anchors_kind_is_known")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_audit_anchors_number_starts_at_one")),
        sa.PrimaryKeyConstraint("kind", "number", name=op.f("pk_audit_anchors")),
    )
    # No anchor was ever written of the former chain, so nothing outside the database speaks for it: chain it anew.
    op.execute("INSERT INTO audit_queue (record_id) SELECT record_id FROM audit_chain")
    op.execute("DELETE FROM audit_chain")
    op.add_column("audit_chain", sa.Column("record_digest", sa.LargeBinary(), nullable=False))
    for statement in (_REFUSE, _DROP_THROUGH, _DROP_ANCHORS):
        op.execute(statement)
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_are_only_added BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC")
    op.execute("REVOKE EXECUTE ON FUNCTION audit_drop_through(bigint) FROM PUBLIC")
    op.execute("REVOKE EXECUTE ON FUNCTION audit_drop_anchors(text[], bigint[]) FROM PUBLIC")


def downgrade() -> None:
    for table in _TABLES:
        op.execute(f"DROP TRIGGER {table}_are_only_added ON {table}")
    op.execute("DROP FUNCTION audit_drop_through(bigint)")
    op.execute("DROP FUNCTION audit_drop_anchors(text[], bigint[])")
    op.execute("DROP FUNCTION audit_refuse_change()")
    op.execute("INSERT INTO audit_queue (record_id) SELECT record_id FROM audit_chain")
    op.execute("DELETE FROM audit_chain")
    op.drop_column("audit_chain", "record_digest")
    op.drop_table("audit_anchors")
    op.drop_column("audit_records", "actor_org_id")

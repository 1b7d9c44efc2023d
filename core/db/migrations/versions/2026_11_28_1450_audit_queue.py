"""audit: a record that waits for the chain is queued by its own row, without a foreign key"""

from alembic import op

revision = "2026_11_28_1450"
down_revision = "2026_11_27_1371"
branch_labels = None
depends_on = None

# Temporary tables last: a caller's table must not stand in for one of ours.
_OWNERS = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_ENQUEUE = f"""
CREATE OR REPLACE FUNCTION audit_enqueue() RETURNS trigger LANGUAGE plpgsql {_OWNERS} AS $$
BEGIN
  INSERT INTO audit_queue (record_id) VALUES (NEW.id);
  RETURN NULL;
END $$
"""
_ENQUEUE_BEFORE = f"""
CREATE OR REPLACE FUNCTION audit_enqueue() RETURNS trigger LANGUAGE plpgsql {_OWNERS} AS $$
BEGIN
  INSERT INTO audit_queue (record_id) SELECT id FROM added ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
"""
_KEY = "fk_audit_queue_record_id_audit_records"


def upgrade() -> None:
    op.execute("DROP TRIGGER enqueue ON audit_records")
    op.execute(_ENQUEUE)
    op.execute("CREATE TRIGGER enqueue AFTER INSERT ON audit_records FOR EACH ROW EXECUTE FUNCTION audit_enqueue()")
    op.drop_constraint(_KEY, "audit_queue", type_="foreignkey")


def downgrade() -> None:
    op.execute("DELETE FROM audit_queue q WHERE NOT EXISTS (SELECT FROM audit_records r WHERE r.id = q.record_id)")
    op.create_foreign_key(_KEY, "audit_queue", "audit_records", ["record_id"], ["id"])
    op.execute("DROP TRIGGER enqueue ON audit_records")
    op.execute(_ENQUEUE_BEFORE)
    op.execute(
        "CREATE TRIGGER enqueue AFTER INSERT ON audit_records REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_enqueue()"
    )

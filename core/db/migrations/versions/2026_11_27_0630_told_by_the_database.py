"""audit records queue themselves, photos are counted and numbers of events given with the owner's rights"""

from alembic import op

revision = "2026_11_27_0630"
down_revision = "2026_11_27_0620"
branch_labels = None
depends_on = None

# Temporary tables last: a caller's table must not stand in for one of ours.
_OWNERS = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_ENQUEUE = f"""
CREATE FUNCTION audit_enqueue() RETURNS trigger LANGUAGE plpgsql {_OWNERS} AS $$
BEGIN
  INSERT INTO audit_queue (record_id) SELECT id FROM added ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
"""
_COUNT_PHOTOS = f"""
CREATE FUNCTION listing_photos_count() RETURNS trigger LANGUAGE plpgsql {_OWNERS} AS $$
BEGIN
  UPDATE listings l SET photo_count = c.shown
  FROM (SELECT touched.listing_id, count(p.id) FILTER (WHERE p.removed_at IS NULL AND p.plates <> 'pending') AS shown
        FROM (SELECT DISTINCT listing_id FROM changed) touched
        LEFT JOIN listing_photos p ON p.listing_id = touched.listing_id GROUP BY touched.listing_id) c
  WHERE l.id = c.listing_id AND l.photo_count <> c.shown;
  RETURN NULL;
END $$
"""
_COUNTED = {"insert": "NEW", "update": "NEW", "delete": "OLD"}
# Subjects in the order of their ids, so that two transactions never wait for each other.
_NUMBERS = f"""
CREATE FUNCTION outbox_numbers(topic text, subjects uuid[]) RETURNS TABLE (subject_id uuid, sequence bigint)
LANGUAGE sql VOLATILE {_OWNERS} AS $$
INSERT INTO outbox_subjects AS o (topic, subject_id, sequence)
SELECT $1, given.id, count(*) FROM unnest($2) AS given (id) GROUP BY given.id ORDER BY given.id
ON CONFLICT (topic, subject_id) DO UPDATE SET sequence = o.sequence + excluded.sequence, told_at = now()
RETURNING o.subject_id, o.sequence
$$
"""
# Policies refer to tables of many migrations, so going back takes all of them away first. Row security stays: until the
# next upgrade writes them again, bound logins see no row.
_NO_POLICIES = """
DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP POLICY %I ON %I', found.policyname, found.tablename);
  END LOOP;
END $$;
COMMENT ON SCHEMA public IS NULL
"""


def upgrade() -> None:
    op.execute(_ENQUEUE)
    op.execute(
        "CREATE TRIGGER enqueue AFTER INSERT ON audit_records REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_enqueue()"
    )
    op.execute(_COUNT_PHOTOS)
    for command, rows in _COUNTED.items():
        op.execute(
            f"CREATE TRIGGER count_after_{command} AFTER {command} ON listing_photos"
            f" REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION listing_photos_count()"
        )
    op.execute(_NUMBERS)
    op.create_index("ix_listing_documents_uploader", "listing_documents", ["uploader"])


def downgrade() -> None:
    op.execute(_NO_POLICIES)
    op.drop_index("ix_listing_documents_uploader", table_name="listing_documents")
    op.execute("DROP FUNCTION outbox_numbers(text, uuid[])")
    for command in _COUNTED:
        op.execute(f"DROP TRIGGER count_after_{command} ON listing_photos")
    op.execute("DROP FUNCTION listing_photos_count()")
    op.execute("DROP TRIGGER enqueue ON audit_records")
    op.execute("DROP FUNCTION audit_enqueue()")

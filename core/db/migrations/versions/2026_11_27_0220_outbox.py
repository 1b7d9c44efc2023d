"""outbox by topic, written by triggers of listings; sequence per subject; positions of consumers in parts"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

revision = "2026_11_27_0220"
down_revision = "0008"
branch_labels = None
depends_on = None

# What a change of a listing leaves alone when nothing that others may know has changed.
_BOOKKEEPING = ("sequence", "content_hash", "content_hash_version", "file_id", "row_number", "created_at", "updated_at")
_FACTS = "jsonb_build_object('price_pkr', {0}.price_pkr, 'state', {0}.status, 'visibility', {0}.visibility)"
_BATCH = 5_000  # creations in one row: some 200 kB

# Channel and visibility as one word each, such as automart:public; core.outbox.audience reads them.
_AUDIENCE = """
CREATE FUNCTION outbox_audience(channels text[], visibility text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(channel || ':' || visibility ORDER BY channel), '{}') FROM unnest(channels) channel)
"""
# Before each row's update, when the row is locked: so the numbers of one listing have the order of its commits.
_COUNT = f"""
CREATE FUNCTION listings_count_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE told listings := NEW;
BEGIN
  IF NEW.id <> OLD.id THEN
    RAISE EXCEPTION 'a listing keeps its id: its followers know it by that';
  END IF;
  {" ".join(f"told.{name} := OLD.{name};" for name in _BOOKKEEPING)}
  NEW.sequence := OLD.sequence + (told IS DISTINCT FROM OLD)::int;
  RETURN NEW;
END $$
"""
# Without a nested loop: a plan is kept for the connection's life, and the first update may have been one of one row.
_TELL_UPDATED = f"""
CREATE FUNCTION listings_tell_updated() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
BEGIN
  INSERT INTO outbox_events (topic, subject_id, sequence, kind, org_id, audience, payload)
  SELECT 'listing', n.id, n.sequence,
    CASE WHEN n.status = 'removed' AND o.status <> 'removed' THEN 'removed' ELSE 'updated' END,
    n.org_id, outbox_audience(n.channels, n.visibility),
    jsonb_build_object('old', {_FACTS.format("o")}, 'new', {_FACTS.format("n")})
  FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE n.sequence <> o.sequence;
  RETURN NULL;
END $$
"""
# A statement that creates many listings (a dealer's first file) leaves a row for thousands of them.
_TELL_CREATED = f"""
CREATE FUNCTION listings_tell_created() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outbox_events
    (topic, kind, sequence, org_id, audience, payload, size, subject_id, members, member_prices)
  SELECT 'listing', 'created', sequence, org_id, outbox_audience(channels, visibility),
    jsonb_build_object('old', NULL, 'new', jsonb_build_object(
      'price_pkr', CASE WHEN count(*) = 1 THEN min(price_pkr) END, 'state', status, 'visibility', visibility)),
    count(*), CASE WHEN count(*) = 1 THEN (array_agg(id))[1] END,
    CASE WHEN count(*) > 1 THEN array_agg(id) END, CASE WHEN count(*) > 1 THEN array_agg(price_pkr) END
  FROM (SELECT *, (row_number() OVER () - 1) / {_BATCH} AS part FROM new_rows) AS made
  GROUP BY part, org_id, status, visibility, channels, sequence;
  RETURN NULL;
END $$
"""
_TELL_DELETED = f"""
CREATE FUNCTION listings_tell_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outbox_events (topic, subject_id, sequence, kind, org_id, audience, payload)
  SELECT 'listing', o.id, o.sequence + 1, 'deleted', o.org_id, outbox_audience(o.channels, o.visibility),
    jsonb_build_object('old', {_FACTS.format("o")}, 'new', NULL)
  FROM old_rows o;
  RETURN NULL;
END $$
"""
_TELL_TRUNCATED = _TELL_DELETED.replace("listings_tell_deleted", "listings_tell_truncated").replace(
    "FROM old_rows o", "FROM listings o"
)
_TRIGGERS = """
CREATE TRIGGER count_change BEFORE UPDATE ON listings FOR EACH ROW EXECUTE FUNCTION listings_count_change();
CREATE TRIGGER tell_created AFTER INSERT ON listings REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION listings_tell_created();
CREATE TRIGGER tell_updated AFTER UPDATE ON listings REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION listings_tell_updated();
CREATE TRIGGER tell_deleted AFTER DELETE ON listings REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION listings_tell_deleted();
CREATE TRIGGER tell_truncated BEFORE TRUNCATE ON listings FOR EACH STATEMENT EXECUTE FUNCTION listings_tell_truncated()
"""
_CHANGES = """
CREATE VIEW outbox_changes AS
SELECT e.id, coalesce(m.place, 0)::integer AS place, e.xid, e.topic, coalesce(e.subject_id, m.subject_id) AS subject_id,
  e.sequence, e.kind, e.org_id, e.person_id, e.audience,
  CASE WHEN m.place IS NULL THEN e.payload
    ELSE jsonb_set(e.payload, '{new,price_pkr}', coalesce(to_jsonb(m.price_pkr), 'null')) END AS payload,
  e.created_at
FROM outbox_events e
LEFT JOIN LATERAL unnest(e.members, e.member_prices) WITH ORDINALITY AS m (subject_id, price_pkr, place) ON true
"""


class PgSnapshot(UserDefinedType[str]):
    """As it was when this migration was written."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "pg_snapshot"


def upgrade() -> None:
    _events()
    op.create_table(
        "outbox_subjects",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "subject_id", name=op.f("pk_outbox_subjects")),
    )
    op.add_column("outbox_offsets", sa.Column("target", PgSnapshot(), nullable=True))
    op.add_column("outbox_offsets", sa.Column("after_id", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("outbox_offsets", sa.Column("after_place", sa.Integer(), server_default="0", nullable=False))
    op.add_column("outbox_offsets", sa.Column("server", sa.BigInteger(), nullable=True))
    op.execute("UPDATE outbox_offsets SET server = (SELECT system_identifier FROM pg_control_system())")
    op.add_column("listings", sa.Column("sequence", sa.BigInteger(), server_default="1", nullable=False))
    for statement in (_AUDIENCE, _COUNT, _TELL_UPDATED, _TELL_CREATED, _TELL_DELETED, _TELL_TRUNCATED, _CHANGES):
        op.execute(statement)
    op.execute(_TRIGGERS)


def _events() -> None:
    """Rows of before have the sequence 0 and no payload; their order is that of their ids, as it is of all others."""
    op.alter_column("outbox_events", "subject_id", nullable=True)
    op.add_column("outbox_events", sa.Column("sequence", sa.BigInteger(), server_default="0", nullable=False))
    op.alter_column("outbox_events", "sequence", server_default=None)
    op.add_column("outbox_events", sa.Column("org_id", sa.Uuid(), nullable=True))
    op.add_column("outbox_events", sa.Column("person_id", sa.Uuid(), nullable=True))
    words = postgresql.ARRAY(sa.Text())
    op.add_column("outbox_events", sa.Column("audience", words, server_default="{}", nullable=False))
    payload = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("outbox_events", sa.Column("payload", payload, server_default="{}", nullable=False))
    op.add_column("outbox_events", sa.Column("size", sa.Integer(), server_default="1", nullable=False))
    op.add_column("outbox_events", sa.Column("members", postgresql.ARRAY(sa.Uuid()), nullable=True))
    op.add_column("outbox_events", sa.Column("member_prices", postgresql.ARRAY(sa.BigInteger()), nullable=True))
    # Ids do not get smaller by compression, and are read by a slice.
    op.execute("ALTER TABLE outbox_events ALTER members SET STORAGE EXTERNAL, ALTER member_prices SET STORAGE EXTERNAL")
    for name, rule in (
        ("subject_or_members", "(subject_id IS NULL) = (members IS NOT NULL)"),
        ("size", "size = coalesce(cardinality(members), 1)"),
        ("payload_is_small", "pg_column_size(payload) <= 4000"),
    ):
        op.create_check_constraint(op.f(f"ck_outbox_events_{name}"), "outbox_events", rule)


def downgrade() -> None:
    for name in ("count_change", "tell_created", "tell_updated", "tell_deleted", "tell_truncated"):
        op.execute(f"DROP TRIGGER {name} ON listings")
    op.execute("DROP VIEW outbox_changes")
    for name in ("listings_count_change", "listings_tell_created", "listings_tell_updated", "listings_tell_deleted"):
        op.execute(f"DROP FUNCTION {name}")
    op.execute("DROP FUNCTION listings_tell_truncated")
    op.execute("DROP FUNCTION outbox_audience")
    op.drop_column("listings", "sequence")
    for name in ("target", "after_id", "after_place", "server"):
        op.drop_column("outbox_offsets", name)
    op.drop_table("outbox_subjects")
    # The older form has a row for every listing.
    for name in ("subject_or_members", "size", "payload_is_small"):
        op.drop_constraint(op.f(f"ck_outbox_events_{name}"), "outbox_events")
    op.execute(
        "INSERT INTO outbox_events (xid, topic, subject_id, kind, created_at, sequence)"
        " SELECT xid, topic, unnest(members), kind, created_at, sequence FROM outbox_events WHERE members IS NOT NULL"
    )
    op.execute("DELETE FROM outbox_events WHERE subject_id IS NULL")
    for name in ("sequence", "org_id", "person_id", "audience", "payload", "size", "members", "member_prices"):
        op.drop_column("outbox_events", name)
    op.alter_column("outbox_events", "subject_id", nullable=False)

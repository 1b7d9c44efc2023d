"""engagement: captured events by hour, what was kept apart, and what tells repeats from new events"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

revision = "2026_11_27_1100"
down_revision = "2026_11_27_1050"
branch_labels = None
depends_on = None

_MARKS = "mark IN ('none', 'bot', 'owner', 'staff', 'preview', 'over_cap')"
_TIME = sa.DateTime(timezone=True)

# A partition is made apart and then attached: that waits for no reader or writer of the other hours, while CREATE TABLE
# ... PARTITION OF would. One lock for all hours makes two processes take turns: with a lock for each, one could hold an
# hour that the other needs next, and wait for the table that the other holds.
_ENSURE = """
CREATE FUNCTION engagement_ensure_hours(hours timestamptz[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE wanted timestamptz; name text; made integer := 0;
BEGIN
  IF NOT EXISTS (
    SELECT FROM unnest(hours) h WHERE NOT EXISTS (SELECT FROM engagement_hours e WHERE e.hour = date_trunc('hour', h))
  ) THEN
    RETURN 0;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('engagement_hours', 0));
  FOR wanted IN
    SELECT DISTINCT date_trunc('hour', h) FROM unnest(hours) h
    WHERE NOT EXISTS (SELECT FROM engagement_hours e WHERE e.hour = date_trunc('hour', h)) ORDER BY 1
  LOOP
    IF session_user = 'automart_api' AND wanted NOT BETWEEN now() - interval '74 hours' AND now() + interval '49 hours'
    THEN
      RAISE EXCEPTION 'the application makes no partition for %', wanted;
    END IF;
    name := 'events_' || to_char(wanted, 'YYYYMMDDHH24');
    IF to_regclass('engagement_hours.' || name) IS NULL THEN
      EXECUTE format('CREATE TABLE engagement_hours.%I (LIKE public.engagement_events INCLUDING DEFAULTS '
        'INCLUDING CONSTRAINTS, CONSTRAINT of_its_hour CHECK (hour >= %L AND hour < %L))',
        name, wanted, wanted + interval '1 hour');
      EXECUTE format('ALTER TABLE public.engagement_events ATTACH PARTITION engagement_hours.%I '
        'FOR VALUES FROM (%L) TO (%L)', name, wanted, wanted + interval '1 hour');
      made := made + 1;
    END IF;
    INSERT INTO engagement_hours (hour) VALUES (wanted);
  END LOOP;
  RETURN made;
END $$
"""
# Dropping a partition locks the table itself: whoever waits for that lock holds up all writers, so nobody waits long.
_DROP = """
CREATE FUNCTION engagement_drop_hour(wanted timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC'
SET lock_timeout = '200ms' AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM engagement_hours WHERE hour = wanted AND state <> 'open') THEN
    RAISE EXCEPTION 'the hour % is not closed', wanted;
  END IF;
  BEGIN
    EXECUTE format('DROP TABLE IF EXISTS engagement_hours.%I', 'events_' || to_char(wanted, 'YYYYMMDDHH24'));
  EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN false;
  END;
  UPDATE engagement_hours SET dropped_at = coalesce(dropped_at, now()) WHERE hour = wanted;
  RETURN true;
END $$
"""

# A car that moves leaves its earlier events, late ones too, with the dealer, branch and city of their time.
_KEEP_STAMP = """
CREATE FUNCTION engagement_keep_stamp() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO engagement_stamps (listing_id, until, org_id, branch_id, make, model, city)
  VALUES (OLD.id, clock_timestamp(), OLD.org_id, OLD.branch_id, OLD.make, OLD.model, OLD.city) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER listings_keep_stamp AFTER UPDATE ON listings FOR EACH ROW
WHEN ((OLD.org_id, OLD.branch_id, OLD.make, OLD.model, OLD.city)
  IS DISTINCT FROM (NEW.org_id, NEW.branch_id, NEW.make, NEW.model, NEW.city))
EXECUTE FUNCTION engagement_keep_stamp()
"""
# Capture writes events of many callers at once, so it asks for nobody in particular; what a caller may see is decided
# by `visibility` there. The rows of before a move have an end, the present one has none.
_LISTINGS = """
CREATE FUNCTION engagement_listings(ids uuid[]) RETURNS TABLE (listing_id uuid, until timestamptz, org_id uuid,
  branch_id uuid, make text, model text, city text, source text, seller_id uuid, visibility text, status text,
  removed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
WITH asked AS (
  SELECT l.* FROM listings l JOIN orgs o ON o.id = l.org_id WHERE l.id = ANY(ids) AND o.blocked_at IS NULL
)
SELECT id, NULL, org_id, branch_id, make, model, city, source, seller_id, visibility, status, removed_at FROM asked
UNION ALL
SELECT s.listing_id, s.until, s.org_id, s.branch_id, s.make, s.model, s.city, a.source, a.seller_id, a.visibility,
  a.status, a.removed_at
FROM asked a JOIN engagement_stamps s ON s.listing_id = a.id
$$
"""


def _event_columns() -> list[sa.Column[Any]]:
    needed: list[tuple[str, TypeEngine[Any]]] = [("hour", _TIME), ("device", sa.BigInteger()), ("event_id", sa.Uuid())]
    needed += [("at", _TIME), ("received_at", _TIME), ("type", sa.Text()), ("version", sa.SmallInteger())]
    needed += [("mark", sa.Text()), ("after_close", sa.Boolean())]
    known: list[tuple[str, TypeEngine[Any]]] = [("session", sa.BigInteger()), ("person", sa.BigInteger())]
    known += [(name, sa.Uuid()) for name in ("listing_id", "org_id", "branch_id")]
    known += [(name, sa.Text()) for name in ("make", "model", "city", "source", "channel", "app", "app_version")]
    known += [("query_id", sa.Text()), ("query", sa.Text())]
    known += [(name, sa.Integer()) for name in ("results", "position", "dwell_ms")]
    known += [(name, sa.BigInteger()) for name in ("price_pkr", "old_price_pkr")]
    known += [("lead_id", sa.Uuid()), ("deposit_id", sa.Uuid())]
    known += [("properties", postgresql.JSONB(astext_type=sa.Text()))]
    return [sa.Column(name, kind, nullable=False) for name, kind in needed] + [
        sa.Column(name, kind, nullable=True) for name, kind in known
    ]


def upgrade() -> None:
    op.execute("CREATE SCHEMA engagement_hours")
    op.create_table(
        "engagement_events",
        *_event_columns(),
        sa.CheckConstraint(_MARKS, name=op.f("ck_engagement_events_mark_is_known")),
        postgresql_partition_by="RANGE (hour)",
    )
    op.create_table(
        "engagement_late_events",
        *_event_columns(),
        sa.Column("supplement", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(_MARKS, name=op.f("ck_engagement_late_events_mark_is_known")),
    )
    op.create_index("ix_engagement_late_events_hour_supplement", "engagement_late_events", ["hour", "supplement"])
    op.create_table(
        "engagement_apart_events",
        *_event_columns(),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(_MARKS, name=op.f("ck_engagement_apart_events_mark_is_known")),
        sa.CheckConstraint(
            "reason IN ('late', 'future', 'sealed')", name=op.f("ck_engagement_apart_events_reason_is_known")
        ),
    )
    op.create_index("ix_engagement_apart_events_received_at", "engagement_apart_events", ["received_at"])
    op.create_table(
        "engagement_refusals",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("hour", _TIME, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("device", sa.BigInteger(), nullable=True),
        sa.Column("session", sa.BigInteger(), nullable=True),
        sa.Column("person", sa.BigInteger(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("listing_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("answer IN ('duplicate', 'rejected')", name=op.f("ck_engagement_refusals_answer_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_refusals")),
    )
    op.create_index("ix_engagement_refusals_received_at", "engagement_refusals", ["received_at"])
    op.create_table(
        "engagement_keys",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("payload", sa.BigInteger(), nullable=False),
        sa.Column("hour", _TIME, nullable=False),
        sa.Column("accepted_at", _TIME, nullable=False),
        sa.Column("kept_since", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_engagement_keys")),
    )
    op.create_index("ix_engagement_keys_kept_since", "engagement_keys", ["kept_since"], postgresql_using="brin")
    op.create_table(
        "engagement_devices",
        sa.Column("device", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset_ms", sa.BigInteger(), nullable=False),
        sa.Column("candidate_ms", sa.BigInteger(), nullable=True),
        sa.Column("candidate_since", _TIME, nullable=True),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_engagement_devices")),
    )
    op.create_index("ix_engagement_devices_seen_on", "engagement_devices", ["seen_on"])
    op.create_table(
        "engagement_device_days",
        sa.Column("device", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device", "day", name=op.f("pk_engagement_device_days")),
    )
    op.create_index("ix_engagement_device_days_day", "engagement_device_days", ["day"])
    op.create_table(
        "engagement_hours",
        sa.Column("hour", _TIME, nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("supplement", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("sealed_at", _TIME, nullable=True),
        sa.Column("dropped_at", _TIME, nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed', 'sealed')", name=op.f("ck_engagement_hours_state_is_known")),
        sa.PrimaryKeyConstraint("hour", name=op.f("pk_engagement_hours")),
    )
    op.create_index("ix_engagement_hours_state_hour", "engagement_hours", ["state", "hour"])
    op.create_table(
        "engagement_erasures",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("erased_at", _TIME, nullable=False),
        sa.CheckConstraint("kind IN ('device', 'person')", name=op.f("ck_engagement_erasures_kind_is_known")),
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_engagement_erasures")),
    )
    op.create_table(
        "engagement_stamps",
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("make", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("listing_id", "until", name=op.f("pk_engagement_stamps")),
    )
    op.create_index("ix_engagement_stamps_until", "engagement_stamps", ["until"])
    op.execute(_ENSURE)
    op.execute(_KEEP_STAMP)
    op.execute(_LISTINGS)
    op.execute(_DROP)


def downgrade() -> None:
    op.execute("DROP TRIGGER listings_keep_stamp ON listings")
    for function in ("drop_hour", "keep_stamp", "listings"):
        op.execute(f"DROP FUNCTION engagement_{function}")
    op.execute("DROP FUNCTION engagement_ensure_hours")
    for table in (
        "erasures",
        "stamps",
        "hours",
        "device_days",
        "devices",
        "keys",
        "refusals",
        "apart_events",
        "late_events",
    ):
        op.drop_table(f"engagement_{table}")
    op.drop_table("engagement_events")
    op.execute("DROP SCHEMA engagement_hours CASCADE")

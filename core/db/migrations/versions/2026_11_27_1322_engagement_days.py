"""engagement: a day says by itself that it stands for its hours, so that no read has to find out"""

from alembic import op

revision = "2026_11_27_1322"
down_revision = "2026_11_27_1321"
branch_labels = None
depends_on = None

_OWNERS = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC'"
# Who counts an hour to another outcome empties the digest of its day, in the same transaction.
_PARTS = f"""
CREATE OR REPLACE FUNCTION engagement_counted_parts(first timestamptz, until timestamptz)
RETURNS TABLE (grain text, starts timestamptz) {_OWNERS} AS $$
WITH days AS MATERIALIZED (
  SELECT d.starts AS day FROM engagement_partitions d WHERE d.grain = 'day' AND d.starts >= first
    AND d.starts + interval '1 day' <= until AND d.input_digest <> ''
)
SELECT 'day', d.day FROM days d UNION ALL
SELECT 'hour', h.starts FROM engagement_partitions h WHERE h.grain = 'hour' AND h.starts >= first AND h.starts < until
  AND date_trunc('day', h.starts + interval '5 hours') - interval '5 hours' NOT IN (SELECT d.day FROM days d)
$$
"""
_STALE = """
UPDATE engagement_partitions d SET input_digest = '' WHERE d.grain = 'day' AND NOT EXISTS (
  SELECT FROM engagement_counted_parts(d.starts, d.starts + interval '1 day') p WHERE p.grain = 'day')
"""
_BEFORE = f"""
CREATE OR REPLACE FUNCTION engagement_counted_parts(first timestamptz, until timestamptz)
RETURNS TABLE (grain text, starts timestamptz) {_OWNERS} AS $$
WITH hours AS MATERIALIZED (
  SELECT p.starts, date_trunc('day', p.starts + interval '5 hours') - interval '5 hours' AS day, p.outcome_digest
  FROM engagement_partitions p WHERE p.grain = 'hour' AND p.starts >= first AND p.starts < until
), days AS MATERIALIZED (
  SELECT h.day FROM hours h JOIN engagement_partitions d ON d.grain = 'day' AND d.starts = h.day
  GROUP BY h.day, d.input_digest HAVING d.input_digest = encode(sha256(convert_to(string_agg(
    to_char(h.starts, 'YYYY-MM-DD"T"HH24:MI:SS') || '+00:00 ' || h.outcome_digest, E'\\n' ORDER BY h.starts), 'UTF8')),
    'hex')
)
SELECT 'day', d.day FROM days d UNION ALL
SELECT 'hour', h.starts FROM hours h WHERE h.day NOT IN (SELECT d.day FROM days d)
$$
"""


def upgrade() -> None:
    op.execute(_STALE)
    op.execute(_PARTS)


def downgrade() -> None:
    op.execute(_BEFORE)

"""how many timers of leads are overdue, for monitoring"""

from alembic import op

revision = "2026_11_28_1401"
down_revision = "2026_11_28_1400"
branch_labels = None
depends_on = None

_OVERDUE = """
CREATE FUNCTION lead_timers_overdue(now timestamptz) RETURNS TABLE (due bigint, seconds float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
SELECT count(*), coalesce(extract(epoch FROM $1 - min(t.at)), 0)::float8
FROM lead_timers t WHERE t.issued_at IS NULL AND t.at <= $1
$$
"""


def upgrade() -> None:
    op.execute(_OVERDUE)


def downgrade() -> None:
    op.execute("DROP FUNCTION lead_timers_overdue(timestamptz)")

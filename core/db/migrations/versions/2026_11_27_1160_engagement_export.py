"""engagement: what is held of a person's events, for that person's export"""

from alembic import op

revision = "2026_11_27_1160"
down_revision = "2026_11_27_1151"
branch_labels = None
depends_on = None

# The application reads no events, and COPY writes none where rows have policies; so the person whose export it is
# is looked up here, by the settings that policies go by.
_OWN = """
CREATE FUNCTION engagement_own_events() RETURNS TABLE (kept text, event jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
WITH me AS (
  SELECT substr(sha256(convert_to('engagement person ' || current_setting('automart.person', true), 'UTF8')), 1, 8)
    ::bigint AS number
  WHERE current_setting('automart.step', true) = 'export' AND current_setting('automart.person', true) <> ''
)
SELECT 'hour', to_jsonb(e) FROM engagement_events e, me WHERE e.person = me.number
UNION ALL SELECT 'late', to_jsonb(e) FROM engagement_late_events e, me WHERE e.person = me.number
UNION ALL SELECT 'apart', to_jsonb(e) FROM engagement_apart_events e, me WHERE e.person = me.number
UNION ALL SELECT 'refused', to_jsonb(e) FROM engagement_refusals e, me WHERE e.person = me.number
$$
"""


def upgrade() -> None:
    op.execute(_OWN)


def downgrade() -> None:
    op.execute("DROP FUNCTION engagement_own_events")

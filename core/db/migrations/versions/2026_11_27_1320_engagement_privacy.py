"""engagement: a person's events in files, and figures of the market that tell nothing when they are subtracted"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_1320"
down_revision = "2026_11_27_1301"
branch_labels = None
depends_on = None

_OWNERS = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC'"
_OFFERED = "l.status IN ('live', 'reserved') AND l.visibility = 'public' AND l.channels @> ARRAY['automart']"
_DAYS = "greatest(0, {until} - coalesce(l.listed_on, (l.created_at AT TIME ZONE 'Asia/Karachi')::date))"
# The people of a file, by the digests that its events have; null: not known, so the file is looked into.
_OWN_FILES = """
CREATE FUNCTION engagement_own_files() RETURNS TABLE (
  hour timestamptz, supplement smallint, object_key text, digest text, events bigint, expired_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
WITH me AS (
  SELECT substr(sha256(convert_to('engagement person ' || current_setting('automart.person', true), 'UTF8')), 1, 8)
    ::bigint AS number
  WHERE current_setting('automart.step', true) = 'export' AND current_setting('automart.person', true) <> ''
)
SELECT f.hour, f.supplement, f.object_key, f.digest, f.events, f.expired_at FROM me, engagement_files f
WHERE f.expired_at IS NULL AND (f.people @> ARRAY[me.number] OR f.people IS NULL)
$$
"""
# Whoever reads a public figure may be one of its sellers and subtract itself: five are left, none above half, whoever
# it is. Both hold of a union where they hold of its parts.
_FOR_ALL = "count(*) >= 6 AND max(n) + 0.5 * (array_agg(n ORDER BY n DESC))[2] <= 0.5 * sum(n)"
# Each car lies in one part: its cell of model and city where that may be told of, else what is left of its model, else
# what is left of the make, else in none. Figures are sums of whole parts, so a difference of two is one as well.
# Supply is that of now whatever month is asked for: else two months would tell of the cars that came in between.
_PARTS = f"""
{{0}}_cells AS (
  SELECT model, city FROM (SELECT model, city, seller, count(*) AS n FROM {{0}} GROUP BY 1, 2, 3) s
  GROUP BY model, city HAVING {_FOR_ALL}
), {{0}}_left AS (
  SELECT c.* FROM {{0}} c WHERE (c.model, c.city) NOT IN (SELECT model, city FROM {{0}}_cells)
), {{0}}_models AS (
  SELECT model FROM (SELECT model, seller, count(*) AS n FROM {{0}}_left GROUP BY 1, 2) s
  GROUP BY model HAVING {_FOR_ALL}
), {{0}}_rest AS (
  SELECT c.* FROM {{0}}_left c WHERE c.model NOT IN (SELECT model FROM {{0}}_models)
), {{0}}_told AS MATERIALIZED (
  SELECT c.*, c.model AS part_model, c.city AS part_city FROM {{0}} c JOIN {{0}}_cells USING (model, city)
  WHERE (of_model IS NULL OR c.model = of_model) AND (of_city IS NULL OR c.city = of_city)
  UNION ALL
  SELECT c.*, c.model, NULL FROM {{0}}_left c JOIN {{0}}_models USING (model)
  WHERE (of_model IS NULL OR c.model = of_model) AND of_city IS NULL
  UNION ALL
  SELECT c.*, NULL, NULL FROM {{0}}_rest c WHERE of_model IS NULL AND of_city IS NULL AND (
    SELECT {_FOR_ALL} FROM (SELECT seller, count(*) AS n FROM {{0}}_rest GROUP BY 1) s)
)"""
_TELLABLE = f"""
CREATE FUNCTION engagement_market_demand(
  of_make text, of_model text, of_city text, first timestamptz, until timestamptz)
RETURNS TABLE (
  supply integer, views bigint, viewed_supply integer, median_days_to_sell double precision,
  price_drop_share double precision)
{_OWNERS} AS $$
WITH cars AS MATERIALIZED (
  SELECT l.id, l.org_id, l.model_key AS model, coalesce(l.city, '') AS city, coalesce(l.seller_id, l.org_id) AS seller,
    {_OFFERED} AS offered, l.status = 'sold' AND l.removed_at >= first AND l.removed_at < until AS sold,
    {_DAYS.format(until="(l.removed_at AT TIME ZONE 'Asia/Karachi')::date")} AS days
  FROM listings l JOIN orgs o ON o.id = l.org_id
  WHERE l.make_key = of_make AND l.visibility = 'public' AND l.channels @> ARRAY['automart'] AND o.blocked_at IS NULL
), offers AS MATERIALIZED (SELECT * FROM cars WHERE offered), sales AS MATERIALIZED (SELECT * FROM cars WHERE sold),
{_PARTS.format("offers")}, {_PARTS.format("sales")},
counted AS MATERIALIZED (
  SELECT c.part_model, c.part_city, c.seller, c.id, sum(a.views) AS views, sum(a.price_drops) AS drops
  FROM offers_told c JOIN engagement_aggregates a ON a.dimension = 'listing' AND a.key = c.id::text
    AND a.org_id = c.org_id
  JOIN engagement_counted_parts(first, until) p ON p.grain = a.grain AND p.starts = a.starts
  GROUP BY c.part_model, c.part_city, c.seller, c.id
), viewed AS MATERIALIZED (
  SELECT part_model, part_city, sum(n) AS views FROM (
    SELECT part_model, part_city, seller, sum(views) AS n FROM counted GROUP BY 1, 2, 3 HAVING sum(views) > 0) s
  GROUP BY part_model, part_city HAVING {_FOR_ALL}
)
SELECT t.cars::integer, (SELECT sum(views) FROM viewed)::bigint,
  (SELECT count(*) FROM offers_told c JOIN viewed v
    ON (v.part_model, v.part_city) IS NOT DISTINCT FROM (c.part_model, c.part_city))::integer,
  (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FROM sales_told),
  (SELECT count(*) FROM counted WHERE drops > 0)::double precision / t.cars
FROM (SELECT count(*) AS cars FROM offers_told) t WHERE t.cars > 0
$$
"""
_BEFORE_FOR_ALL = (
    "SELECT array_agg(number ORDER BY number DESC) AS n, sum(number) AS whole FROM {0} HAVING count(*) >= 6"
    " AND max(number) <= 0.5 * (sum(number) - (array_agg(number ORDER BY number DESC))[2])"
    " AND (array_agg(number ORDER BY number DESC))[2] <= 0.5 * (sum(number) - max(number))"
)
_BEFORE = f"""
CREATE FUNCTION engagement_market_demand(
  of_make text, of_model text, of_city text, first timestamptz, until timestamptz)
RETURNS TABLE (supply integer, views bigint, median_days_to_sell double precision, price_drop_share double precision)
{_OWNERS} AS $$
WITH cars AS MATERIALIZED (
  SELECT l.id, l.org_id, coalesce(l.seller_id, l.org_id) AS seller, {_OFFERED} AS offered,
    l.status = 'sold' AND l.removed_at >= first AND l.removed_at < until AS sold,
    {_DAYS.format(until="(l.removed_at AT TIME ZONE 'Asia/Karachi')::date")} AS days
  FROM listings l JOIN orgs o ON o.id = l.org_id
  WHERE l.make_key = of_make AND (of_model IS NULL OR l.model_key = of_model) AND (of_city IS NULL OR l.city = of_city)
    AND l.visibility = 'public' AND l.channels @> ARRAY['automart'] AND o.blocked_at IS NULL AND l.created_at < until
), offers AS MATERIALIZED (SELECT seller, count(*) AS number FROM cars WHERE offered GROUP BY seller),
tellable AS MATERIALIZED ({_BEFORE_FOR_ALL.format("offers")}),
counted AS MATERIALIZED (
  SELECT c.seller, c.id, sum(a.views) AS views, sum(a.price_drops) AS drops FROM cars c CROSS JOIN tellable
  JOIN engagement_aggregates a ON a.dimension = 'listing' AND a.key = c.id::text AND a.org_id = c.org_id
  JOIN engagement_counted_parts(first, until) p ON p.grain = a.grain AND p.starts = a.starts
  WHERE c.offered GROUP BY c.seller, c.id
), seen AS (SELECT seller, sum(views) AS number FROM counted GROUP BY seller HAVING sum(views) > 0),
seen_told AS ({_BEFORE_FOR_ALL.format("seen")}),
sales AS (SELECT seller, count(*) AS number FROM cars WHERE sold GROUP BY seller),
sales_told AS ({_BEFORE_FOR_ALL.format("sales")})
SELECT t.whole::integer, (SELECT whole FROM seen_told)::bigint,
  (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY c.days) FROM cars c CROSS JOIN sales_told WHERE c.sold),
  (SELECT count(*) FROM counted WHERE drops > 0)::double precision / t.whole::double precision
FROM tellable t
$$
"""
_DROP_DEMAND = "DROP FUNCTION engagement_market_demand(text, text, text, timestamptz, timestamptz)"


def upgrade() -> None:
    op.add_column("engagement_files", sa.Column("people", postgresql.ARRAY(sa.BigInteger()), nullable=True))
    op.create_index(op.f("ix_engagement_files_people"), "engagement_files", ["people"], postgresql_using="gin")
    op.execute("UPDATE engagement_files SET people = '{}' WHERE expired_at IS NOT NULL")
    op.execute(_OWN_FILES)
    op.execute(_DROP_DEMAND)
    op.execute(_TELLABLE)


def downgrade() -> None:
    op.execute(_DROP_DEMAND)
    op.execute(_BEFORE)
    op.execute("DROP FUNCTION engagement_own_files()")
    op.drop_index(op.f("ix_engagement_files_people"), "engagement_files")
    op.drop_column("engagement_files", "people")

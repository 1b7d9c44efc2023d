"""engagement: what dealers, sellers and the market are told of counted events, past walls that the functions keep"""

from alembic import op

revision = "2026_11_27_1245"
down_revision = "2026_11_27_1232"
branch_labels = None
depends_on = None

_OWNERS = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC'"
_ORGS = "coalesce(string_to_array(nullif(current_setting('automart.orgs', true), ''), ',')::uuid[], '{}')"
_STAFF = "coalesce(current_setting('automart.staff', true), '') = 'yes'"
_PERSON = "nullif(current_setting('automart.person', true), '')::uuid"
_OFFERED = "l.status IN ('live', 'reserved') AND l.visibility = 'public' AND l.channels @> ARRAY['automart']"
_DAYS = "greatest(0, {until} - coalesce(l.listed_on, (l.created_at AT TIME ZONE 'Asia/Karachi')::date))"
_COLUMNS = (
    "hour timestamptz, device bigint, at timestamptz, type text, mark text, after_close boolean, session bigint,"
    " listing_id uuid, org_id uuid, branch_id uuid, make text, model text, city text, source text, channel text,"
    " position integer, dwell_ms integer"
).replace("position integer", '"position" integer')
_NAMES = ", ".join(each.split()[0] for each in _COLUMNS.split(", "))

# A day stands for its hours where it was counted of what they hold now: the digest is that of `day_digest`.
_PARTS = f"""
CREATE FUNCTION engagement_counted_parts(first timestamptz, until timestamptz)
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
_COMPLETE = f"""
CREATE FUNCTION engagement_complete_until(first timestamptz, until timestamptz) RETURNS timestamptz {_OWNERS} AS $$
WITH files AS (
  SELECT f.hour, bool_or(f.supplement = 0) AS begun, encode(sha256(convert_to(
    string_agg(f.supplement || ' ' || f.digest, E'\\n' ORDER BY f.supplement), 'UTF8')), 'hex') AS digest
  FROM engagement_files f WHERE f.hour >= first AND f.hour < until GROUP BY f.hour
), hours AS (
  SELECT h.hour, h.state = 'open' AS open FROM engagement_hours h WHERE h.hour >= first AND h.hour < until
)
SELECT least(until, date_trunc('hour', now()), min(hour) FILTER (
  WHERE coalesce(h.open, false) OR NOT coalesce(f.begun, false) OR p.input_digest IS DISTINCT FROM f.digest))
FROM hours h FULL JOIN files f USING (hour)
LEFT JOIN engagement_partitions p ON p.grain = 'hour' AND p.starts = hour
$$
"""
# Events that wait to be counted: those of the caller's organisation, or of the caller's own private ad.
_UNCOUNTED = f"""
CREATE FUNCTION engagement_uncounted(org uuid, listing uuid, first timestamptz, until timestamptz)
RETURNS TABLE ({_COLUMNS}) {_OWNERS} AS $$
WITH waiting AS MATERIALIZED (
  SELECT array_agg(h.hour) AS hours FROM engagement_hours h
  WHERE h.hour >= first AND h.hour < least(until, now() + interval '1 hour') AND h.dropped_at IS NULL AND NOT EXISTS (
    SELECT FROM engagement_partitions p WHERE p.grain = 'hour' AND p.starts = h.hour)
), allowed AS MATERIALIZED (
  SELECT org = ANY ({_ORGS}) OR {_STAFF} OR EXISTS (
    SELECT FROM listings l WHERE l.id = listing AND l.org_id = org AND l.seller_id = {_PERSON}) AS yes
)
SELECT {_NAMES} FROM (
  SELECT {_NAMES} FROM engagement_events WHERE hour = ANY ((SELECT hours FROM waiting)::timestamptz[])
  UNION ALL
  SELECT {_NAMES} FROM engagement_late_events WHERE hour = ANY ((SELECT hours FROM waiting)::timestamptz[])
) e WHERE (SELECT yes FROM allowed) AND e.org_id = org AND (listing IS NULL OR e.listing_id = listing)
$$
"""
# Private ads belong to an organisation that their sellers are no members of, so no row policy shows them their rows.
_AD = f"""
CREATE FUNCTION engagement_own_ad(listing uuid, first timestamptz, until timestamptz)
RETURNS SETOF engagement_aggregates {_OWNERS} AS $$
SELECT a.* FROM engagement_aggregates a JOIN engagement_counted_parts(first, until) p USING (grain, starts)
WHERE a.dimension = 'listing' AND a.key = listing::text AND EXISTS (
  SELECT FROM listings l WHERE l.id = listing AND l.org_id = a.org_id AND l.seller_id = {_PERSON})
$$
"""
# `core.access.thresholds.may_be_compared`: five other dealers, none above half. Tests hold the two equal.
_BENCHMARK = f"""
CREATE FUNCTION engagement_benchmark(asking uuid, of_city text, of_body text, first timestamptz, until timestamptz)
RETURNS TABLE (dealers integer, cars integer, median_days double precision, views_per_car double precision)
{_OWNERS} AS $$
WITH cars AS MATERIALIZED (
  SELECT l.id, l.org_id, {_DAYS.format(until="(now() AT TIME ZONE 'Asia/Karachi')::date")} AS days
  FROM listings l JOIN orgs o ON o.id = l.org_id
  WHERE (asking = ANY ({_ORGS}) OR {_STAFF}) AND {_OFFERED} AND l.city = of_city AND l.body = of_body
    AND l.org_id <> asking AND l.seller_id IS NULL AND o.kind = 'dealer' AND o.blocked_at IS NULL
), by_dealer AS MATERIALIZED (SELECT org_id, count(*) AS number FROM cars GROUP BY org_id),
tellable AS MATERIALIZED (
  SELECT count(*) AS dealers, sum(number) AS cars FROM by_dealer
  HAVING count(*) >= 5 AND max(number) <= 0.5 * sum(number)
), views AS (
  SELECT a.org_id, sum(a.views) AS number FROM cars c CROSS JOIN tellable
  JOIN engagement_aggregates a ON a.dimension = 'listing' AND a.key = c.id::text AND a.org_id = c.org_id
  JOIN engagement_counted_parts(first, until) p ON p.grain = a.grain AND p.starts = a.starts
  GROUP BY a.org_id HAVING sum(a.views) > 0
), told AS (
  SELECT sum(number) AS number FROM views HAVING count(*) >= 5 AND max(number) <= 0.5 * sum(number)
)
SELECT t.dealers::integer, t.cars::integer,
  (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FROM cars),
  (SELECT number FROM told)::double precision / t.cars
FROM tellable t
$$
"""
# Whoever reads a public figure may be one of its dealers and subtract itself: it needs five others whoever asks.
_FOR_ALL = (
    "SELECT array_agg(number ORDER BY number DESC) AS n, sum(number) AS whole FROM {0} HAVING count(*) >= 6"
    " AND max(number) <= 0.5 * (sum(number) - (array_agg(number ORDER BY number DESC))[2])"
    " AND (array_agg(number ORDER BY number DESC))[2] <= 0.5 * (sum(number) - max(number))"
)
_DEMAND = f"""
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
tellable AS MATERIALIZED ({_FOR_ALL.format("offers")}),
counted AS MATERIALIZED (
  SELECT c.seller, c.id, sum(a.views) AS views, sum(a.price_drops) AS drops FROM cars c CROSS JOIN tellable
  JOIN engagement_aggregates a ON a.dimension = 'listing' AND a.key = c.id::text AND a.org_id = c.org_id
  JOIN engagement_counted_parts(first, until) p ON p.grain = a.grain AND p.starts = a.starts
  WHERE c.offered GROUP BY c.seller, c.id
), seen AS (SELECT seller, sum(views) AS number FROM counted GROUP BY seller HAVING sum(views) > 0),
seen_told AS ({_FOR_ALL.format("seen")}),
sales AS (SELECT seller, count(*) AS number FROM cars WHERE sold GROUP BY seller),
sales_told AS ({_FOR_ALL.format("sales")})
SELECT t.whole::integer, (SELECT whole FROM seen_told)::bigint,
  (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY c.days) FROM cars c CROSS JOIN sales_told WHERE c.sold),
  (SELECT count(*) FROM counted WHERE drops > 0)::double precision / t.whole::double precision
FROM tellable t
$$
"""
_MADE = {
    "engagement_counted_parts": _PARTS,
    "engagement_complete_until": _COMPLETE,
    "engagement_uncounted": _UNCOUNTED,
    "engagement_own_ad": _AD,
    "engagement_benchmark": _BENCHMARK,
    "engagement_market_demand": _DEMAND,
}


def upgrade() -> None:
    for statement in _MADE.values():
        op.execute(statement)


def downgrade() -> None:
    for name in reversed(_MADE):
        op.execute(f"DROP FUNCTION {name}")

"""listings: events of a car on offer hold the columns that changed as they were; saved searches tell of changed cars"""

from alembic import op

revision = "2026_11_28_2040"
down_revision = "2026_11_28_2021"
branch_labels = None
depends_on = None

_FACTS = "jsonb_build_object('price_pkr', {0}.price_pkr, 'state', {0}.status, 'visibility', {0}.visibility)"
_OFFERED = "{0}.status IN ('live', 'reserved')"
_COLUMNS = (
    "channels", "make", "model", "model_year", "mileage_km", "fuel", "transmission", "body", "assembly", "color",
    "engine_cc", "registered_in", "city", "province", "has_good_photos",
)  # fmt: skip
# Free text of people: what an erasure takes away is kept nowhere else.
_TEXTS = ("title", "variant", "color_raw", "area")
_PHOTOS = "greatest({0}.photo_count, cardinality({0}.photos))"
_MOST_BYTES = 3_000  # payloads have at most 4,000


def _former(name: str, value: str, rule: str = "") -> str:
    """Return the part of an object for a column; null is written as null, which JSON_OBJECT does for json alone."""
    old, new = value.format("o"), value.format("n")
    return f"'{name}': CASE WHEN {rule}{old} IS DISTINCT FROM {new} THEN coalesce(to_json({old}), 'null') END"


_CHANGED = ", ".join(
    [
        *(_former(name, f"{{0}}.{name}") for name in _COLUMNS),
        *(_former(name, f"{{0}}.{name}", "n.seller_id IS NULL AND o.seller_id IS NULL AND ") for name in _TEXTS),
        _former("photo_count", _PHOTOS),
    ]
)
# As in 2026_11_27_0700, but for `changed`. OFFSET 0: it is computed once for each row.
_TELL_UPDATED = """
CREATE OR REPLACE FUNCTION listings_tell_updated() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off AS $$
BEGIN
  INSERT INTO outbox_events (topic, subject_id, sequence, kind, org_id, audience, payload)
  SELECT 'listing', n.id, n.sequence,
    CASE WHEN NOT n.status IN ('live', 'reserved') AND o.status IN ('live', 'reserved') THEN 'removed'
      ELSE 'updated' END,
    n.org_id, outbox_audience(n.channels, n.visibility),
    jsonb_build_object('old', {old}, 'new', {new})
  FROM old_rows o JOIN new_rows n ON n.id = o.id{more} WHERE n.sequence <> o.sequence;
  RETURN NULL;
END $$
"""
_ROW = f"({', '.join([*(f'{{0}}.{name}' for name in (*_COLUMNS, *_TEXTS)), _PHOTOS])})"
# Most changes are of the price alone, and comparing the rows takes less than making an empty object.
_TELLS = f"""{_OFFERED.format("o")} AND {_OFFERED.format("n")}
      AND {_ROW.format("o")} IS DISTINCT FROM {_ROW.format("n")}"""
_MORE = f"""
  CROSS JOIN LATERAL (
    SELECT CASE WHEN {_TELLS} THEN JSON_OBJECT({_CHANGED} ABSENT ON NULL RETURNING json)::jsonb END AS changed
    OFFSET 0
  ) AS c"""
_OLD = f"CASE WHEN pg_column_size(changed) <= {_MOST_BYTES} THEN {{0}} || changed ELSE {{0}} END"
_KINDS = "ck_saved_search_matches_kind_is_known"


def upgrade() -> None:
    old, new = _FACTS.format("o"), _FACTS.format("n")
    op.execute(_TELL_UPDATED.format(old=_OLD.format(old), new=new, more=_MORE))
    op.drop_constraint(op.f(_KINDS), "saved_search_matches", type_="check")
    op.create_check_constraint(op.f(_KINDS), "saved_search_matches", "kind IN ('new', 'now_matches', 'price_drop')")


def downgrade() -> None:
    op.execute("UPDATE saved_search_matches SET kind = 'new' WHERE kind = 'now_matches'")
    op.drop_constraint(op.f(_KINDS), "saved_search_matches", type_="check")
    op.create_check_constraint(op.f(_KINDS), "saved_search_matches", "kind IN ('new', 'price_drop')")
    op.execute(_TELL_UPDATED.format(old=_FACTS.format("o"), new=_FACTS.format("n"), more=""))

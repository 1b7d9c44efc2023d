"""Compute the right answer of a search in plain SQL over the same rows. It shares no code with the engines.

An `Oracle` lays the live listings out once, with their ratings, distances and words; every question is then one
statement over these.
"""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.search import Facet, ListingFilters, Sort
from core.search.places import Point, city_point

ORDER = {
    Sort.RELEVANCE: "level, fresh_on DESC, id DESC",
    Sort.NEWEST: "fresh_on DESC, id DESC",
    Sort.PRICE_ASC: "price_pkr NULLS LAST, CASE WHEN price_pkr IS NOT NULL THEN id END, fresh_on DESC, id DESC",
    Sort.PRICE_DESC: "price_pkr DESC NULLS LAST, CASE WHEN price_pkr IS NOT NULL THEN id END DESC,"
    " fresh_on DESC, id DESC",
    Sort.YEAR_ASC: "model_year, id",
    Sort.YEAR_DESC: "model_year DESC, id DESC",
    Sort.MILEAGE_ASC: "mileage_km NULLS LAST, CASE WHEN mileage_km IS NOT NULL THEN id END, fresh_on DESC, id DESC",
    Sort.MILEAGE_DESC: "mileage_km DESC NULLS LAST, CASE WHEN mileage_km IS NOT NULL THEN id END DESC,"
    " fresh_on DESC, id DESC",
    Sort.PHOTOS_DESC: "photo_score DESC NULLS LAST, CASE WHEN photo_score IS NOT NULL THEN id END DESC,"
    " fresh_on DESC, id DESC",
    Sort.DISTANCE: "km NULLS LAST, fresh_on DESC, id DESC",
}
BY_POPULARITY = "level, fresh_on + steps DESC, id DESC"
COLUMNS = {
    Facet.MAKE: "make", Facet.MODEL: "model", Facet.YEAR: "model_year", Facet.CITY: "city", Facet.PROVINCE: "province",
    Facet.BODY: "body", Facet.FUEL: "fuel", Facet.TRANSMISSION: "transmission", Facet.ASSEMBLY: "assembly",
    Facet.COLOR: "color", Facet.DEALER: "code", Facet.DEAL_RATING: "rating",
    Facet.HAS_GOOD_PHOTOS: "has_good_photos", Facet.VARIANT: "variant", Facet.REGISTERED_IN: "registered_in",
    Facet.ENGINE_CC: "engine_cc", Facet.SEATS: "seats", Facet.DRIVE: "drive", Facet.MILEAGE: "mileage_band",
}  # fmt: skip
# Spelt out here once more: what the texts of this suite mean, and what they do not ask for.
MEANT = {"benz": [["mercedes", "benz"]], "vw": [["volkswagen"]], "lhr": [["lahore"]], "کرولا": [["corolla"]],
         "wagonr": [["wagon", "r"]]}  # fmt: skip
NOT_ASKED = {"for", "sale", "gari", "کار"}
NO_MATCH = 9

_RATING = """CASE WHEN price_pkr IS NULL OR mid_pkr IS NULL THEN NULL WHEN price_pkr < low_pkr THEN 'great'
  WHEN price_pkr * 2 < low_pkr + mid_pkr THEN 'good' WHEN price_pkr * 2 <= mid_pkr + high_pkr THEN 'fair'
  WHEN price_pkr <= high_pkr THEN 'high' ELSE 'overpriced' END"""
# What the catalogue says of the market's models, spelt out once more.
_SEATS = """CASE WHEN title LIKE '%7-seater' THEN 7 WHEN model IN ('Corolla', 'Civic', 'City') THEN 5 END"""
_DRIVE = "CASE WHEN title LIKE '%4x4' THEN '4wd' END"
_MILEAGE = """CASE WHEN mileage_km < 20000 THEN '0-19999' WHEN mileage_km < 50000 THEN '20000-49999'
  WHEN mileage_km < 80000 THEN '50000-79999' WHEN mileage_km < 120000 THEN '80000-119999' END"""
_WORDS = r"""regexp_split_to_table(lower(concat_ws(' ', {})), '[^a-z0-9]+')"""
_HEAD = _WORDS.format("make, model, variant, title, model_year")
_AREA = _WORDS.format("area")
_COLUMNS = _WORDS.format("city, province, body, fuel, transmission, color, color_raw, assembly")
_EDITS = """
CREATE FUNCTION pg_temp.edits(one text, other text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE before int[]; last int[]; present int[]; best int;
BEGIN
  last := ARRAY(SELECT generate_series(0, length(other)));
  FOR i IN 1..length(one) LOOP
    present := ARRAY[i];
    FOR j IN 1..length(other) LOOP
      best := least(last[j + 1] + 1, present[j] + 1, last[j] + (substr(one, i, 1) <> substr(other, j, 1))::int);
      IF i > 1 AND j > 1 AND substr(one, i, 1) = substr(other, j - 1, 1)
         AND substr(one, i - 1, 1) = substr(other, j, 1) THEN
        best := least(best, before[j - 1] + 1);
      END IF;
      present := present || best;
    END LOOP;
    before := last; last := present;
  END LOOP;
  RETURN last[length(other) + 1];
END $$"""


class Oracle:
    """Answers from the listings as they were when it was made; its tables last as long as the session's connection."""

    def __init__(self, session: Session, start: Point) -> None:
        self._session = session
        self._similar: dict[tuple[str, bool], list[str]] = {}
        _lay_out(session, start)

    def hits(
        self, asked: str, filters: ListingFilters, sort: Sort, audience: Audience, *, popularity: bool = False
    ) -> list[Any]:
        """Return every hit in order."""
        conditions, values = _conditions(filters)
        seen, who = visible(audience)
        level, typed = self._level(asked)
        order = BY_POPULARITY if popularity and sort is Sort.RELEVANCE else ORDER[sort]
        best = "true" if sort is Sort.RELEVANCE else "level = best"  # any other order is that of the best level alone
        statement = (
            f"SELECT * FROM (SELECT f.*, min(level) OVER () AS best FROM"
            f" (SELECT s.*, {level} AS level FROM stock s WHERE {seen} AND {conditions}) f WHERE level < {NO_MATCH}) g"
            f" WHERE {best} ORDER BY {order}"
        )
        return list(self._session.execute(text(statement), values | who | typed))

    def names(self, typed: list[str], audience: Audience) -> dict[tuple[str, str], int]:
        """Return kind and name of everything that typeahead may offer, with the number of listings that have it."""
        seen, who = visible(audience)
        starts = " AND ".join(
            rf"EXISTS (SELECT FROM regexp_split_to_table(lower(name), '[^a-z0-9]+') w WHERE starts_with(w, :w{number}))"
            for number in range(len(typed))
        )
        statement = (
            "SELECT kind, name, count(*) FROM stock, LATERAL (VALUES"
            " ('make', make), ('model', concat_ws(' ', make, model)),"
            " ('variant', CASE WHEN variant IS NOT NULL THEN concat_ws(' ', make, model, variant) END), ('city', city))"
            f" AS v (kind, name) WHERE name IS NOT NULL AND {seen} AND {starts or 'true'} GROUP BY kind, name"
        )
        found = self._session.execute(text(statement), who | {f"w{n}": word for n, word in enumerate(typed)})
        return {(kind, name): count for kind, name, count in found}

    def _level(self, asked: str) -> tuple[str, dict[str, Any]]:
        """Return the tier in which a listing answers a text: 1 names, 2 columns, 3 description, 4 prefixes, 5 typos."""
        wanted = [word for word in asked.split() if word not in NOT_ASKED]
        values: dict[str, Any] = {}
        terms = []
        for word in wanted:
            spellings = [[word], *MEANT.get(word, [])]
            exact = []
            for spelling in spellings:
                ranks = []
                for part in spelling:
                    name = f"t{len(values)}"
                    values[name] = part
                    there = f"SELECT rank FROM said w WHERE w.id = s.id AND w.word = :{name}"
                    ranks.append(f"coalesce(({there}), {NO_MATCH})")
                exact.append(f"greatest({', '.join(ranks)})" if len(ranks) > 1 else ranks[0])
            near = f"t{len(values)}"
            values[near] = self._words_like(word, beginnings=True)
            slips = f"t{len(values)}"
            values[slips] = self._words_like(word, beginnings=False)
            there = "EXISTS (SELECT FROM said w WHERE w.id = s.id AND {} AND w.word = ANY(CAST(:{} AS text[])))"
            begun, slipped = there.format("w.rank < 3", near), there.format("w.spelt", slips)
            loose = f"CASE WHEN {begun} THEN 4 WHEN {slipped} THEN 5 ELSE {NO_MATCH} END"
            terms.append(f"least({', '.join(exact)}, {loose})")
        return f"greatest(0, {', '.join(terms)})" if terms else "0", values

    def _words_like(self, word: str, *, beginnings: bool) -> list[str]:
        """Words of the stock that are like this one; asked once each, since the stock does not change."""
        known = self._similar.get((word, beginnings))
        if known is None:
            known = self._similar[word, beginnings] = _similar(self._session, word, beginnings=beginnings)
        return known


def _lay_out(session: Session, start: Point) -> None:
    """Make the tables that the statements read."""
    session.execute(
        text(
            f"CREATE TEMP TABLE stock AS SELECT l.*, o.code, {_RATING} AS rating,"
            f" {_distance(start)} AS km, {_SEATS} AS seats, {_DRIVE} AS drive, {_MILEAGE} AS mileage_band,"
            " coalesce(p.steps, 0) AS steps,"
            " coalesce(listed_on, (l.created_at AT TIME ZONE 'UTC')::date) AS fresh_on"
            " FROM listings l JOIN orgs o ON o.id = l.org_id LEFT JOIN price_bands b ON b.listing_id = l.id"
            " LEFT JOIN listing_popularity p ON p.listing_id = l.id"
            " WHERE status IN ('live', 'reserved')"
        )
    )
    said = _WORDS.format("description")
    session.execute(
        text(
            f"CREATE TEMP TABLE said AS SELECT id, word, min(rank) AS rank, bool_or(spelt) AS spelt FROM ("
            f"SELECT id, {_HEAD} AS word, 1 AS rank, true AS spelt FROM stock"
            f" UNION ALL SELECT id, {_COLUMNS}, 2, true FROM stock UNION ALL SELECT id, {_AREA}, 2, false FROM stock"
            f" UNION ALL SELECT id, {said}, 3, false FROM stock) w WHERE word <> '' GROUP BY id, word"
        )
    )
    session.execute(text("CREATE INDEX ON said (id, word)"))
    session.execute(text(_EDITS))


def visible(audience: Audience) -> tuple[str, dict[str, Any]]:
    """Return the condition under which the audience sees a listing."""
    own = " OR org_id = :org" if audience.org_id is not None else ""
    values = {"channel": audience.channel.value, "visibilities": [one.value for one in audience.visibilities]}
    condition = f":channel = ANY(channels) AND (visibility = ANY(CAST(:visibilities AS text[])){own})"
    return condition, values | ({"org": audience.org_id} if own else {})


def _conditions(filters: ListingFilters) -> tuple[str, dict[str, Any]]:
    lists = {
        "lower(make)": [one.lower() for one in filters.make],
        "lower(model)": [one.lower() for one in filters.model],
        "lower(city)": [one.lower() for one in filters.city],
        "lower(province)": [one.lower() for one in filters.province],
        "body": filters.body, "fuel": filters.fuel, "transmission": filters.transmission, "color": filters.color,
        "lower(variant)": [one.lower() for one in filters.variant],
        "lower(registered_in)": [one.lower() for one in filters.registered_in],
        "seats::text": filters.seats, "drive": filters.drive,
        "assembly": filters.assembly, "rating": filters.deal_rating, "code": filters.dealer,
    }  # fmt: skip
    numbers = {
        "model_year >= ": filters.year_min, "model_year <= ": filters.year_max, "price_pkr >= ": filters.price_min,
        "price_pkr <= ": filters.price_max, "mileage_km >= ": filters.mileage_min,
        "mileage_km <= ": filters.mileage_max,
        "engine_cc >= ": filters.engine_cc_min, "engine_cc <= ": filters.engine_cc_max,
        "km <= ": None if filters.near is None else filters.near.radius_km,
        "(cardinality(photos) > 0) = ": filters.has_photos,
    }  # fmt: skip
    parts, values = ["true"], {}
    for column, chosen in lists.items():
        if chosen:
            parts.append(f"{column} = ANY(CAST(:p{len(values)} AS text[]))")
            values[f"p{len(values)}"] = [str(one) for one in chosen]
    denied = {"lower(make)": filters.not_make, "lower(model)": filters.not_model, "lower(city)": filters.not_city}
    for column, chosen in denied.items():
        if chosen:
            parts.append(f"({column} IS NULL OR NOT {column} = ANY(CAST(:p{len(values)} AS text[])))")
            values[f"p{len(values)}"] = [one.lower() for one in chosen]
    for comparison, number in numbers.items():
        if number is not None:
            parts.append(f"{comparison}:p{len(values)}")
            values[f"p{len(values)}"] = number
    return " AND ".join(parts), values


def _similar(session: Session, word: str, *, beginnings: bool) -> list[str]:
    """Words of the stock that begin with the word, or differ from it by the typos that its length allows."""
    if beginnings:
        if len(word) < 2 or word.isdigit():
            return []
        statement = text("SELECT DISTINCT word FROM said WHERE starts_with(word, :word)")
        return list(session.scalars(statement, {"word": word}))
    letters = not any(char.isdigit() for char in word)
    allowed = 0 if not letters or len(word) < 4 else 1 if len(word) < 8 else 2
    statement = text("SELECT DISTINCT word FROM said WHERE pg_temp.edits(:word, word) <= :allowed")
    return list(session.scalars(statement, {"word": word, "allowed": allowed})) if allowed else []


def _distance(start: Point) -> str:
    towns = ("Lahore", "Karachi", "Islamabad", "Multan")
    cases = " ".join(
        f"WHEN '{name}' THEN 6371 * acos(least(1, sin(radians({start.latitude})) * sin(radians({there.latitude}))"
        f" + cos(radians({start.latitude})) * cos(radians({there.latitude}))"
        f" * cos(radians({there.longitude} - {start.longitude}))))"
        for name in towns
        for there in (city_point(name),)
    )
    return f"CASE city {cases} END"

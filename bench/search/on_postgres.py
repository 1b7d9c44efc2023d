"""The peer: PostgreSQL's own full text with pg_trgm over the same rows, indexed as its manual advises."""

from uuid import UUID

import polars as pl
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from core.db.copy import copy_frame
from core.search import SearchQuery

SIMILARITY = 0.4  # its default of 0.6 misses two typos of three
_TABLE = """
CREATE TABLE peer (
  id uuid PRIMARY KEY, dealer text, visibility text, channels text[], title text, make text, model text,
  variant text, model_year smallint, mileage_km int, price_pkr int, fuel text, transmission text, body text,
  assembly text, color text, color_raw text, area text, province text, photos text[],
  listed_on date, city text, description text,
  names text GENERATED ALWAYS AS (lower(make || ' ' || model || ' ' || variant)) STORED,
  words tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('simple', title || ' ' || make || ' ' || model || ' ' || variant), 'A')
    || setweight(to_tsvector('simple', coalesce(city, '') || ' ' || coalesce(body, '') || ' ' || color_raw), 'B')
    || setweight(to_tsvector('simple', description), 'D')) STORED
)
"""
_INDEXES = """
CREATE INDEX ON peer USING gin (words);
CREATE INDEX ON peer USING gin (names gin_trgm_ops);
CREATE INDEX ON peer (price_pkr);
CREATE INDEX ON peer (listed_on DESC, id DESC);
CREATE TABLE peer_names AS
  SELECT name, count(*) AS cars FROM peer, LATERAL (VALUES (make), (make || ' ' || model),
    (make || ' ' || model || ' ' || variant), (city)) names (name)
  WHERE visibility = 'public' AND 'automart' = ANY(channels) GROUP BY name;
CREATE INDEX ON peer_names USING gin (name gin_trgm_ops);
VACUUM ANALYZE peer; VACUUM ANALYZE peer_names
"""
_SEEN = "visibility = 'public' AND 'automart' = ANY(channels)"
_TEXT = text(
    f"SELECT id, count(*) OVER () FROM peer WHERE {_SEEN} AND words @@ plainto_tsquery('simple', :text)"
    " ORDER BY listed_on DESC, id DESC LIMIT 20"
)
_PAGE = text(
    f"SELECT id, count(*) OVER () FROM peer WHERE {_SEEN} AND price_pkr BETWEEN :low AND :high"
    " ORDER BY listed_on DESC, id DESC LIMIT 20"
)
_FACETS = text(
    f"SELECT make, model, city, body, model_year, count(*) FROM peer WHERE {_SEEN} AND price_pkr BETWEEN :low AND :high"
    " GROUP BY GROUPING SETS ((make), (model), (city), (body), (model_year))"
)
_SUGGEST = text(
    "SELECT name, cars FROM peer_names WHERE name ILIKE :start OR name ILIKE :inner ORDER BY cars DESC, name LIMIT 10"
)


class Peer:
    """Asks the peer table, in one connection."""

    def __init__(self, engine: Engine, session: Session) -> None:
        self._engine = engine
        self._session = session
        session.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        session.execute(text(f"SET pg_trgm.word_similarity_threshold = {SIMILARITY}"))

    def build(self, frame: pl.DataFrame) -> None:
        """Copy the rows and index them."""
        self._session.execute(text(_TABLE))
        copy_frame(self._session, "peer", frame.drop("source_key"))
        self._session.commit()
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in _INDEXES.split(";"):
                connection.execute(text(statement))

    def exact(self, words: str) -> list[object]:
        """A page of the rows that have every word, and how many there are."""
        return list(self._session.execute(_TEXT, {"text": words}))

    def similar(self, words: str) -> list[UUID]:
        """A page of the rows that have a word like each of these."""
        asked = {f"w{number}": word for number, word in enumerate(words.split())}
        conditions = " AND ".join(f":{name} <% names" for name in asked)
        near = " + ".join(f"(:{name} <<-> names)" for name in asked)
        order = f"{near}, listed_on DESC, id DESC"
        statement = f"SELECT id FROM peer WHERE {_SEEN} AND {conditions} ORDER BY {order} LIMIT 20"
        return [row.id for row in self._session.execute(text(statement), asked)]

    def facets(self, query: SearchQuery) -> None:
        """A page and five facets."""
        bounds = {"low": query.filters.price_min, "high": query.filters.price_max}
        list(self._session.execute(_PAGE, bounds))
        list(self._session.execute(_FACETS, bounds))

    def suggest(self, typed: str) -> None:
        """Names with a word that begins so."""
        list(self._session.execute(_SUGGEST, {"start": f"{typed}%", "inner": f"% {typed}%"}))

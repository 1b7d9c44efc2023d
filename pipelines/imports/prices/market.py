"""Look up what cars of a model and age cost on the market, for comparing the prices of a file with it.

Only cars that every visitor may see count, each with the middle of its price band, or its price where it has none; the
asking dealer's own do not. A model is known where `core.access.thresholds` is met: at least five cars of three sellers.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.thresholds import SELLER_SQL, may_be_told
from core.access.visible_to import IS_PUBLIC_SQL
from core.car_keys import car_key
from core.states.listings import state_sql

_MOST_PEERS: Final = 60
"""Cars of one model and age that are looked at: a middle of more would not differ."""
_PEERS = text(f"""
SELECT c.make_key, c.model_key, c.model_year, l.price_pkr, l.org_id, l.seller
FROM unnest(CAST(:makes AS text[]), CAST(:models AS text[]), CAST(:years AS int[]))
  AS c(make_key, model_key, model_year)
CROSS JOIN LATERAL (
  SELECT coalesce(b.mid_pkr, l.price_pkr) AS price_pkr, l.org_id::text AS org_id,
         {SELLER_SQL} AS seller
  FROM listings l JOIN orgs o ON o.id = l.org_id LEFT JOIN price_bands b ON b.listing_id = l.id
  WHERE l.make_key = c.make_key AND l.model_key = c.model_key
    AND l.model_year BETWEEN c.model_year - 1 AND c.model_year + 1
    AND {state_sql("searched")} AND l.price_pkr IS NOT NULL
    AND {IS_PUBLIC_SQL}
  ORDER BY l.id DESC LIMIT {_MOST_PEERS}
) l
""")  # noqa: S608  (constants, no input)
CELL: Final = ("make_key", "model_key", "model_year")
_PEER_SCHEMA: Final = pl.Schema(
    {
        "make_key": pl.String(), "model_key": pl.String(), "model_year": pl.Int16(),
        "price_pkr": pl.Int64(), "org_id": pl.String(), "seller": pl.String(),
    }
)  # fmt: skip


def cells_of(cars: pl.DataFrame) -> pl.DataFrame:
    """Return `make`, `model`, `model_year` of the priced cars, each once, with the keys by which listings have them."""
    priced = cars.filter(pl.col("price_pkr").is_not_null()).select("make", "model", "model_year").unique()
    keys = (priced[name].unique().to_list() for name in ("make", "model"))
    make_keys, model_keys = ({name: car_key(name) for name in names} for names in keys)
    return priced.with_columns(
        pl.col("make").replace_strict(make_keys, return_dtype=pl.String).alias("make_key"),
        pl.col("model").replace_strict(model_keys, return_dtype=pl.String).alias("model_key"),
    )


def peers_of(session: Session, cells: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Read the visible cars of these models and ages: CELL, `price_pkr`, `org_id` and `seller`."""
    known = pl.concat([pl.DataFrame(schema=_PEER_SCHEMA).select(CELL), *(each.select(CELL) for each in cells)]).unique()
    known = known.filter((pl.col("make_key") != "") & (pl.col("model_key") != "")).sort(CELL)
    if known.is_empty():
        return pl.DataFrame(schema=_PEER_SCHEMA)
    asked = {"makes": known["make_key"].to_list(), "models": known["model_key"].to_list()}
    rows = session.execute(_PEERS, asked | {"years": known["model_year"].to_list()})
    return pl.DataFrame([tuple(row) for row in rows], schema=_PEER_SCHEMA, orient="row")


def typical_prices(peers: pl.DataFrame, org_id: UUID) -> pl.DataFrame:
    """Return CELL and `typical_pkr` (the median) for a dealer, of the models and ages of which others sell enough."""
    others = peers.filter(pl.col("org_id") != str(org_id))
    cells = others.group_by(CELL).agg(
        pl.col("price_pkr").median().alias("typical_pkr"),
        pl.len().alias("cars"),
        pl.col("seller").n_unique().alias("sellers"),
    )
    return cells.filter(may_be_told(pl.col("cars"), pl.col("sellers"))).select(*CELL, "typical_pkr")

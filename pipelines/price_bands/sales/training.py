"""Fit the sale model to what is known of sales, and keep it: the only writer of `sale_models`."""

from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.thresholds import may_teach_sales, undominated
from core.clock import utc_now
from core.db.locks import lock_name
from core.db.tables.sale_models import SaleModel as Kept
from core.prices.models import champion
from core.storage import Storage
from models.sale_prices.train import SaleModel, train
from pipelines.price_bands.sales.evidence import DaysToSell, SalesResult, count_sales, days_to_sell, read_sales
from pipelines.price_bands.versions.training import loaded

_KEPT: Final = 60
_TRIM: Final = text("""
DELETE FROM sale_models WHERE id NOT IN (SELECT id FROM sale_models ORDER BY trained_at DESC, id DESC LIMIT :kept)
""")


@dataclass(frozen=True)
class SaleTraining:
    """The sales that are known, and the model that was made of them."""

    known: SalesResult
    model: SaleModel
    models: list[DaysToSell]


def teach_sales(session: Session, storage: Storage) -> SaleTraining:
    """Fit the sale model anew and keep it, whatever it may say: one that may say nothing replaces one that could."""
    lock_name(session, "sale model")
    sales = read_sales(session, loaded(storage, champion(session)))
    known, model = count_sales(sales), train(sales, teaching=_teaching)
    counts = {"sold": known.sold, "told": known.told, "metrics": model.metrics}
    session.add(Kept(artifact=model.state(), trained_at=utc_now(), **counts))
    session.flush()
    session.execute(_TRIM, {"kept": _KEPT})
    return SaleTraining(known, model, days_to_sell(sales))


def _teaching(cars: pl.DataFrame) -> pl.DataFrame:
    """Choose the cars that figures may rest on: none where too few sales are left without one seller's excess."""
    left = undominated(cars, [], seller="seller", counted="is_sold")
    sold = left.filter("is_sold")
    return left if may_teach_sales(sold.height, sold["seller"].n_unique()) else left.clear()

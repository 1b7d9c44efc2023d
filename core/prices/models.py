"""Read the champion and other versions of the price model; `pipelines.price_bands` alone writes them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import PriceModel


def champion(session: Session) -> PriceModel | None:
    """Return the version that prices cars now; None before the first training."""
    return session.scalar(select(PriceModel).where(PriceModel.status == "champion"))


def price_models(session: Session, *, limit: int = 50) -> list[PriceModel]:
    """Return the newest versions, newest first."""
    return list(session.scalars(select(PriceModel).order_by(PriceModel.trained_at.desc()).limit(limit)))

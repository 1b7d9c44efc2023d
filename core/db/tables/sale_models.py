"""The sale model: what a car may be expected to sell for, and how soon."""

from typing import Any

from sqlalchemy import CheckConstraint, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class SaleModel(Base):
    """One fit of the sale model; the newest answers. Its halves may be missing, each with the reason."""

    __tablename__ = "sale_models"
    __table_args__ = (CheckConstraint("told >= 0 AND sold >= told", name="counts"),)

    id: Mapped[UuidKey]
    trained_at: Mapped[CreatedAt]
    sold: Mapped[int] = mapped_column(Integer)  # sales that are known
    told: Mapped[int] = mapped_column(Integer)  # of these, with a price
    artifact: Mapped[dict[str, Any]] = mapped_column(JSONB)  # models.sale_prices.train.SaleModel.state
    metrics: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))  # counts of sales and cars too

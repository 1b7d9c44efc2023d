"""The life of price models after training: who became champion and why, and how well the champion does, day by day."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, Index, Integer, Text
from sqlalchemy.dialects.postgresql import REAL
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, CreatedAt, UuidKey


class PriceModelEvent(Base):
    """A decision about a version of the price model: by whom, when and why. Rows are only ever added."""

    __tablename__ = "price_model_events"
    __table_args__ = (
        CheckConstraint("kind IN ('promoted', 'rejected', 'rolled_back')", name="kind"),
        Index("ix_price_model_events_version", "version"),
    )

    id: Mapped[UuidKey]
    version: Mapped[str] = mapped_column(Text)  # decided about; of a rollback the one that answers now
    replaced: Mapped[str | None] = mapped_column(Text)  # the champion before, where it gave way
    kind: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[CreatedAt]


class PriceAccuracy(Base):
    """The accuracy of the champion's bands on prices that came after its training, by segment, as measured on a day.

    Segments: `all`, those of `models.price_bands.inputs.segments`, and `week 2026-W45` for each week of the
    ads. Shares, not per cent. A measurement of the same day and version replaces the one before.
    """

    __tablename__ = "price_accuracy"

    measured_on: Mapped[date] = mapped_column(Date, primary_key=True)
    model_version: Mapped[str] = mapped_column(Text, primary_key=True)
    segment: Mapped[str] = mapped_column(Text, primary_key=True)
    rows: Mapped[int] = mapped_column(Integer)  # ads whose price is newer than the model
    answered: Mapped[int] = mapped_column(Integer)  # of these, with a band; the measures are over them
    coverage: Mapped[float | None] = mapped_column(REAL)
    mean_width: Mapped[float | None] = mapped_column(REAL)  # of the middle
    median_ape: Mapped[float | None] = mapped_column(REAL)
    mape: Mapped[float | None] = mapped_column(REAL)
    level: Mapped[float | None] = mapped_column(REAL)  # median of log(asked / middle): 0.05 is a market 5 % dearer
    level_error: Mapped[float | None] = mapped_column(REAL)  # standard error of `level`
    measured_at: Mapped[datetime]


class PriceDrift(Base):
    """The drift of today's cars from those of the champion's training, by input of the model.

    `psi` is the population stability index: below 0.1 nothing happened, above 0.25 the population is another.
    """

    __tablename__ = "price_drift"

    measured_on: Mapped[date] = mapped_column(Date, primary_key=True)
    model_version: Mapped[str] = mapped_column(Text, primary_key=True)
    input: Mapped[str] = mapped_column(Text, primary_key=True)
    rows: Mapped[int] = mapped_column(Integer)
    psi: Mapped[float] = mapped_column(REAL)
    measured_at: Mapped[datetime]

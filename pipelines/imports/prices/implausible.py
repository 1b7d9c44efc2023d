"""Hold rows back whose price is far from what such cars cost, until the dealer corrects or confirms it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

import polars as pl
from sqlalchemy.orm import Session

from core.prices.slips import SLIP_FACTOR, likely_price, other_readings
from pipelines.feeds.parsing.parse import ParsedFeed
from pipelines.feeds.reject_codes import REJECT_CODES, reject_frame
from pipelines.imports.precedence import HELD_CODE
from pipelines.imports.prices.confirmations import PriceConfirmations
from pipelines.imports.prices.market import CELL, cells_of, peers_of, typical_prices

_JUDGED: Final = ("row_number", "source_key", "price_pkr", "make", "model", "model_year")
_DOUBTS: Final = pl.Schema(
    {
        "row_number": pl.Int32(), "source_key": pl.String(), "price_pkr": pl.Int64(),
        "typical_pkr": pl.Float64(), "likely_pkr": pl.Int64(), "message": pl.String(),
    }
)  # fmt: skip


@dataclass(frozen=True)
class PriceSpread:
    """The prices of a file's cars in rupees, those that were held back included; null without any price."""

    priced: int = 0
    median: int | None = None
    smallest: int | None = None
    largest: int | None = None
    under_a_tenth: int = 0
    """Cars that cost less than a tenth of what such cars cost."""
    implausible: int = 0

    @property
    def share_under_a_tenth(self) -> float:
        """The part of the priced cars that cost less than a tenth."""
        return self.under_a_tenth / self.priced if self.priced else 0.0


@dataclass(frozen=True)
class JudgedFeed:
    """A parsed file whose implausible prices were judged."""

    parsed: ParsedFeed
    doubts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_DOUBTS))
    """Rows with a price that nobody has confirmed; rejected, unless the dealer's are published without a band."""
    prices: PriceSpread = field(default_factory=PriceSpread)


def judge_prices(session: Session, files: list[tuple[UUID, ParsedFeed]]) -> Iterator[JudgedFeed]:
    """Compare the prices of files, each with its organisation, with the market; in the order given."""
    cells = [_cells(parsed) for _, parsed in files]
    peers = peers_of(session, cells)
    words = PriceConfirmations(session).of([org_id for org_id, _ in files])
    for (org_id, parsed), cell in zip(files, cells, strict=True):
        typical = cell.join(typical_prices(peers, org_id), on=CELL)
        doubts, prices = _doubts(parsed, typical, words[org_id].confirmed)
        spread = _spread(prices, doubts)
        if words[org_id].publish or doubts.is_empty():
            yield JudgedFeed(parsed, doubts, spread)
        else:
            yield JudgedFeed(_held(parsed, doubts), doubts, spread)


def _cells(parsed: ParsedFeed) -> pl.DataFrame:
    return pl.concat(cells_of(frame) for frame in parsed.read.frames(_JUDGED)).unique()


def _doubts(parsed: ParsedFeed, typical: pl.DataFrame, confirmed: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Find the rows whose price is implausible, and collect all prices."""
    found, prices = [pl.DataFrame(schema=_DOUBTS)], [parsed.recognised["price_pkr"]]
    for frame in parsed.read.frames(_JUDGED):
        prices.append(frame["price_pkr"])
        if not typical.is_empty():
            found.append(_doubts_of(frame, typical, confirmed))
    return pl.concat(found), pl.concat(prices).drop_nulls()


def _doubts_of(cars: pl.DataFrame, typical: pl.DataFrame, confirmed: pl.DataFrame) -> pl.DataFrame:
    known = cars.select(_JUDGED)
    known = known.join(typical, on=["make", "model", "model_year"])
    ratio = pl.col("price_pkr") / pl.col("typical_pkr")
    odd = known.filter((ratio < 1 / SLIP_FACTOR) | (ratio > SLIP_FACTOR))
    odd = odd.join(confirmed, on=["source_key", "price_pkr"], how="anti").sort("row_number")
    pairs = list(odd.select("price_pkr", "typical_pkr").iter_rows())
    return odd.select("row_number", "source_key", "price_pkr", "typical_pkr").with_columns(
        pl.Series("likely_pkr", [likely_price(*pair) for pair in pairs], dtype=pl.Int64),
        pl.Series("message", [_sentence(*pair) for pair in pairs], dtype=pl.String),
    )


def _sentence(price: int, typical: float) -> str:
    code, likely = REJECT_CODES[HELD_CODE], likely_price(price, typical)
    about = f"Such cars cost about {float(f'{typical:.2g}'):,.0f} rupees."
    meant = [] if likely is None else [f"Likely meant: {likely:,}."]
    readings = other_readings(price, typical)
    perhaps = [f"It may be {' or '.join(readings)}."] if readings else []
    return " ".join([code.problem, about, *meant, *perhaps, code.fix])


def _spread(prices: pl.Series, doubts: pl.DataFrame) -> PriceSpread:
    if prices.is_empty():
        return PriceSpread()
    tenth = int((doubts["price_pkr"] < doubts["typical_pkr"] / 10).sum())
    middle, low, high = pl.select(
        pl.lit(prices).median().cast(pl.Int64), pl.lit(prices).min().alias("low"), pl.lit(prices).max().alias("high")
    ).row(0)
    return PriceSpread(prices.len(), middle, low, high, tenth, doubts.height)


def _held(parsed: ParsedFeed, doubts: pl.DataFrame) -> ParsedFeed:
    """Turn the doubtful rows into rejects; their cars stay as they were."""
    parsed.read.drop(doubts["row_number"])
    rows = doubts.select(
        "row_number",
        "source_key",
        pl.lit(HELD_CODE).alias("code"),
        pl.lit(parsed.price_column).alias("column"),
        pl.col("price_pkr").cast(pl.String).alias("value"),
    )
    rejects = reject_frame(rows).with_columns(doubts["message"])
    return replace(parsed, rejects=pl.concat([parsed.rejects, rejects]).sort("row_number", maintain_order=True))

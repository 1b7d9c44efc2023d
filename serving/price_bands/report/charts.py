"""Draw the charts of the valuation report as SVG: bands with the asking price, contributions, the trend."""

from collections.abc import Sequence
from html import escape
from typing import Final

from serving.price_bands.depreciation import YearOfModel
from serving.price_bands.explain import TrendMonth

_WIDTH: Final = 640
_MARGIN: Final = 20
Bands = Sequence[tuple[int, int]]


def band_chart(bands: Bands, mid: int, asked: int | None, *, label: str) -> str:
    """Draw bands from the widest to the narrowest as bars on one scale, the middle and the asking price."""
    points = [price for band in bands for price in band] + ([] if asked is None else [asked])
    low, high = min(points), max(points)

    def at(price: int) -> float:
        return _MARGIN + (price - low) / max(high - low, 1) * (_WIDTH - 2 * _MARGIN)

    bars = "".join(
        f'<rect class="b{number}" x="{at(start):.1f}" y="18" width="{max(at(end) - at(start), 1):.1f}" height="24"/>'
        for number, (start, end) in enumerate(bands)
    )
    marks = f'<line class="mid" x1="{at(mid):.1f}" x2="{at(mid):.1f}" y1="12" y2="48"/>'
    if asked is not None:
        x = at(asked)
        marks += f'<path class="asked" d="M{x:.1f} 46 l-7 12 h14 z"/>'
    return _svg(bars + marks, 62, label)


def contribution_chart(parts: Sequence[tuple[str, int]], *, label: str) -> str:
    """Draw what each input adds to (or takes from) the typical price as bars from a middle line."""
    largest = max((abs(pkr) for _, pkr in parts), default=0) or 1
    middle, reach = _WIDTH / 2, _WIDTH / 2 - 130
    rows = []
    for number, (name, pkr) in enumerate(parts):
        y, length = 24 * number, abs(pkr) / largest * reach
        start = middle if pkr >= 0 else middle - length
        kind = "up" if pkr >= 0 else "down"
        rows.append(f'<rect class="{kind}" x="{start:.1f}" y="{y + 4}" width="{max(length, 1):.1f}" height="16"/>')
        name_x, anchor = (middle - 8, "end") if pkr >= 0 else (middle + 8, "start")
        value_x, other = (start + length + 6, "start") if pkr >= 0 else (start - 6, "end")
        rows.append(_text(name_x, y + 16, name, anchor))
        rows.append(_text(value_x, y + 16, f"{pkr:+,}", other))
    return _svg("".join(rows), 24 * len(parts) + 4, label)


def trend_chart(months: Sequence[TrendMonth], *, label: str) -> str:
    """Draw the levels of months as a line over their intervals; months stand at equal distances of time."""
    first = months[0].month
    places = [(each.month.year - first.year) * 12 + each.month.month - first.month for each in months]
    low, high = min(each.low for each in months), max(each.high for each in months)

    def point(place: int, level: float) -> str:
        x = _MARGIN + place / max(places[-1], 1) * (_WIDTH - 2 * _MARGIN)
        return f"{x:.1f},{8 + (high - level) / max(high - low, 1e-9) * 110:.1f}"

    upper = [point(place, each.high) for place, each in zip(places, months, strict=True)]
    lower = [point(place, each.low) for place, each in zip(places, months, strict=True)]
    line = " ".join(point(place, each.level) for place, each in zip(places, months, strict=True))
    area = f'<polygon class="b0" points="{" ".join([*upper, *reversed(lower)])}"/>'
    ends = _text(_MARGIN, 140, f"{first:%Y-%m}", "start") + _text(
        _WIDTH - _MARGIN, 140, f"{months[-1].month:%Y-%m}", "end"
    )
    return _svg(f'{area}<polyline class="line" points="{line}"/>{ends}', 148, label)


def depreciation_chart(years: Sequence[YearOfModel], *, label: str) -> str:
    """Draw the prices of model years, newest first, as a line over their bands."""
    low, high = min(each.low_pkr for each in years), max(each.high_pkr for each in years)
    newest, oldest = years[0].model_year, years[-1].model_year

    def point(year: int, price: int) -> str:
        x = _MARGIN + (newest - year) / max(newest - oldest, 1) * (_WIDTH - 2 * _MARGIN)
        return f"{x:.1f},{8 + (high - price) / max(high - low, 1) * 110:.1f}"

    upper = [point(each.model_year, each.high_pkr) for each in years]
    lower = [point(each.model_year, each.low_pkr) for each in years]
    line = " ".join(point(each.model_year, each.mid_pkr) for each in years)
    area = f'<polygon class="b0" points="{" ".join([*upper, *reversed(lower)])}"/>'
    ends = _text(_MARGIN, 140, str(newest), "start") + _text(_WIDTH - _MARGIN, 140, str(oldest), "end")
    return _svg(f'{area}<polyline class="line" points="{line}"/>{ends}', 148, label)


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(drawing: str, height: int, label: str) -> str:
    """Wrap a drawing; numbers run from left to right in every language."""
    return (
        f'<svg role="img" direction="ltr" viewBox="0 0 {_WIDTH} {height}" aria-label="{escape(label)}">{drawing}</svg>'
    )

"""Plots for the Dagster UI: a PNG inside Markdown, so that it stands in the event itself and needs no file server."""

import base64
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH, _ROW = 7.5, 0.28
_INK, _GOOD, _BAD, _LINE = "#1f2937", "#2563eb", "#dc2626", "#9ca3af"
_NOISE_ERRORS = 3.0


def coverage_plot(rows: Sequence[Mapping[str, Any]], level: float) -> dg.MetadataValue:
    """Plot the share of prices inside the bands of each segment, with the range that noise would explain.

    Args:
        rows: each with `segment`, `answered` and `coverage`.
        level: the share that was promised.
    """
    known = [row for row in rows if row.get("coverage") is not None and row["answered"]]
    noise = [_NOISE_ERRORS * (level * (1 - level) / row["answered"]) ** 0.5 for row in known]
    broken = [abs(row["coverage"] - level) > each for row, each in zip(known, noise, strict=True)]
    labels = [f"{row['segment']} ({row['answered']:,})" for row in known]
    figure, axes = _figure(len(known), f"Prices inside their {level:.0%} band, by segment")
    places = list(range(len(known)))[::-1]
    axes.axvline(level, color=_LINE, linewidth=1)
    for place, row, each, bad in zip(places, known, noise, broken, strict=True):
        colour = _BAD if bad else _GOOD
        axes.plot([max(level - each, 0), min(level + each, 1)], [place, place], color=_LINE, linewidth=4, alpha=0.5)
        axes.plot(row["coverage"], place, "o", color=colour, markersize=6)
    axes.set_yticks(places, labels)
    axes.set_xlim(0.4, 1.01)
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    return _as_markdown(figure, "coverage by segment")


def level_plot(rows: Sequence[Mapping[str, Any]]) -> dg.MetadataValue:
    """Plot how far asking prices are above the model's middle in each week of the ads; bars are 3 standard errors."""
    weeks = [row for row in rows if row["segment"].startswith("week ") and row.get("level") is not None]
    weeks.sort(key=lambda row: str(row["segment"]))
    figure, axes = _figure(8, "Asking prices above the model's middle (median, by week of the ad)")
    places = list(range(len(weeks)))
    axes.axhline(0, color=_LINE, linewidth=1)
    errors = [_NOISE_ERRORS * (row.get("level_error") or 0.0) for row in weeks]
    axes.errorbar(places, [row["level"] for row in weeks], yerr=errors, fmt="o-", color=_GOOD, ecolor=_LINE, capsize=3)
    axes.set_xticks(places, [row["segment"].removeprefix("week ") for row in weeks], rotation=45, ha="right")
    axes.yaxis.set_major_formatter(lambda share, _: f"{share:+.0%}")
    return _as_markdown(figure, "market level by week")


def drift_plot(rows: Sequence[Mapping[str, Any]], notable: float, large: float) -> dg.MetadataValue:
    """Plot the population stability index of each input, with lines where it is notable and where it is large."""
    known = sorted(rows, key=lambda row: float(row["psi"]))
    figure, axes = _figure(len(known), "Drift of the cars since training (population stability index)")
    colours = [_BAD if row["psi"] > large else _GOOD for row in known]
    axes.barh([row["input"] for row in known], [row["psi"] for row in known], color=colours)
    for line in (notable, large):
        axes.axvline(line, color=_LINE, linewidth=1, linestyle="--")
    return _as_markdown(figure, "drift by input")


def index_plot(lines: Mapping[str, Sequence[tuple[date, float]]]) -> dg.MetadataValue:
    """Plot the levels of segments over the months, a named line each; an absent month is a gap in the dots."""
    figure, axes = _figure(8, "Asking prices of like cars, first month = 100")
    for name, line in lines.items():
        axes.plot([month for month, _ in line], [level for _, level in line], "o-", markersize=4, label=name)
    months = sorted({month for line in lines.values() for month, _ in line})
    axes.set_xticks(months, [f"{month:%b %Y}" for month in months], rotation=45, ha="right")
    axes.axhline(100, color=_LINE, linewidth=1)
    if lines:
        axes.legend(fontsize=8, frameon=False)
    return _as_markdown(figure, "market index by month")


def amounts_plot(amounts: Mapping[str, int], title: str) -> dg.MetadataValue:
    """Plot amounts by name, in the order that they are given in."""
    figure, axes = _figure(len(amounts), title)
    axes.barh(list(amounts)[::-1], list(amounts.values())[::-1], color=_GOOD)
    axes.xaxis.set_major_formatter(lambda amount, _: f"{amount:,.0f}")
    return _as_markdown(figure, title)


def histogram_plot(tens: Mapping[int, int], title: str) -> dg.MetadataValue:
    """Plot how many things have a score in each span of ten."""
    figure, axes = _figure(6, title)
    axes.bar([f"{low}-{low + 10 - (low < 90)}" for low in tens], list(tens.values()), color=_GOOD)
    return _as_markdown(figure, title)


def picture_metadata(picture: bytes | None, alternative: str) -> dg.MetadataValue:
    """Show a JPEG; "none" where there is none."""
    if picture is None:
        return dg.MetadataValue.md("none")
    return dg.MetadataValue.md(f"![{alternative}](data:image/jpeg;base64,{base64.b64encode(picture).decode()})")


def traffic_plot(today: Sequence[int | None], week_before: Sequence[int | None], day: date) -> dg.MetadataValue:
    """Plot the views of each hour of a day of the market beside those of a week before; None is a gap."""
    figure, axes = _figure(8, f"Views by hour of {day:%A, %d %B %Y}, and a week before (Asia/Karachi)")
    hours = list(range(24))
    nothing = float("nan")
    before = [nothing if views is None else float(views) for views in week_before]
    axes.plot(hours, before, "o-", color=_LINE, markersize=3, label="a week before")
    now = [nothing if views is None else float(views) for views in today]
    axes.plot(hours, now, "o-", color=_GOOD, markersize=4, label="this day")
    axes.set_xticks(hours[::3], [f"{hour:02}:00" for hour in hours[::3]])
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8, frameon=False)
    return _as_markdown(figure, "views by hour")


def response_plot(minutes: Mapping[int, float]) -> dg.MetadataValue:
    """Plot the median working minutes until the first answer by the hour at which leads came."""
    figure, axes = _figure(8, "Working minutes until the first answer, by the hour of the lead (Asia/Karachi)")
    axes.bar(list(minutes), list(minutes.values()), color=_GOOD)
    axes.set_xticks(list(range(24))[::3], [f"{hour:02}:00" for hour in range(0, 24, 3)])
    axes.set_xlim(-0.6, 23.6)
    axes.set_ylim(bottom=0)
    return _as_markdown(figure, "response times by hour")


def calibration_plot(bins: Sequence[tuple[float, float]], base_rate: float) -> dg.MetadataValue:
    """Plot the share of leads that were won by their predicted chance: a true chance lies on the line."""
    figure, axes = _figure(10, "Later leads that were won, by their predicted chance; dashed: the base rate")
    most = max((max(pair) for pair in bins), default=base_rate) * 1.1
    axes.plot([0, most], [0, most], color=_LINE, linewidth=1)
    axes.axhline(base_rate, color=_LINE, linewidth=1, linestyle="--")
    axes.plot([predicted for predicted, _ in bins], [won for _, won in bins], "o-", color=_GOOD)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda share, _: f"{share:.0%}")
    return _as_markdown(figure, "calibration of lead scores")


def success_plot(shares: Mapping[str, float]) -> dg.MetadataValue:
    """Plot the share of messages that each webhook has acknowledged, the worst at the top."""
    known = sorted(shares.items(), key=lambda item: item[1], reverse=True)
    figure, axes = _figure(len(known), "Messages that were acknowledged, by webhook")
    axes.barh([name for name, _ in known], [share for _, share in known], color=_GOOD)
    axes.set_xlim(0, 1.01)
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    return _as_markdown(figure, "success by webhook")


def _figure(rows: int, title: str) -> tuple["Figure", Any]:
    from matplotlib.figure import Figure  # takes a second to import, and only runs draw

    figure = Figure(figsize=(_WIDTH, 1.2 + _ROW * max(rows, 3)), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=10, color=_INK)
    axes.tick_params(labelsize=8, colors=_INK)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _as_markdown(figure: "Figure", alternative: str) -> dg.MetadataValue:
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return dg.MetadataValue.md(
        f"![{alternative}](data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()})"
    )

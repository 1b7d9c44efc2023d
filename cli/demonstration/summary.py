"""Summarise a demo run stage by stage, and check that its counts add up."""

from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from assets.runs import RunReport
from core.db.session import transaction
from core.platform import Platform
from core.search.factory import open_search_engine
from pipelines.feeds.reports.run_audit import FeedTotals, feed_totals
from pipelines.price_bands.audit import BandTotals, band_totals
from pipelines.search.audit import IndexReport, index_report


@dataclass(frozen=True)
class Summary:
    """The counts of each stage, over everything in AUTOMART_HOME."""

    run: RunReport
    feeds: FeedTotals
    search: IndexReport
    price_bands: BandTotals
    seconds: float

    @property
    def sums(self) -> dict[str, bool]:
        """Whether the counts of rows, of the index and of bands add up, by the equation that each must meet."""
        feeds, search, bands = self.feeds, self.search, self.price_bands
        return {
            "created + updated + unchanged + rejected = rows read": feeds.created
            + feeds.updated
            + feeds.unchanged
            + feeds.rejected
            == feeds.read,
            "indexed = live public listings": search.indexed_public == search.live_public,
            "bands + no band = live listings": bands.bands + bands.no_band == search.live,
        }

    @property
    def adds_up(self) -> bool:
        """Whether all counts add up."""
        return all(self.sums.values())

    def as_dict(self) -> dict[str, Any]:
        """Return the summary for scripts."""
        return {
            "status": "ok" if self.run.success and self.adds_up else "failed",
            "run": asdict(self.run),
            "feeds": asdict(self.feeds),
            "search": asdict(self.search),
            "price_bands": asdict(self.price_bands),
            "sums": self.sums,
            "seconds": round(self.seconds, 1),
        }


def summarise(platform: Platform, run: RunReport, *, seconds: float) -> Summary:
    """Count the present state of every stage."""
    with transaction(platform.sessions) as session:
        return Summary(
            run=run,
            feeds=feed_totals(session),
            search=index_report(session, open_search_engine(platform.settings)),
            price_bands=band_totals(session),
            seconds=seconds,
        )


def print_summary(summary: Summary, console: Console) -> None:
    """Print the stages as a table, and the equations below it."""
    feeds, search, bands = summary.feeds, summary.search, summary.price_bands
    methods = ", ".join(f"{name} {count}" for name, count in bands.by_method.items())
    table = Table(box=None, pad_edge=False, show_header=False)
    for stage, words in (
        ("Feed files", f"{feeds.files} applied, {feeds.read:,} rows read"),
        (
            "Rows",
            f"{feeds.created:,} created, {feeds.updated:,} updated, {feeds.unchanged:,} unchanged, "
            f"{feeds.rejected:,} rejected; {feeds.removed:,} cars removed",
        ),
        ("Listings", f"{search.live:,} live, {search.live_public:,} of them public on automart"),
        (
            "Index",
            f"{search.indexed:,} documents, {search.indexed_public:,} of them public; {search.lag} events behind",
        ),
        ("Price bands", f"{bands.bands:,} bands, {bands.no_band:,} without ({methods})"),
        (
            "Checks",
            f"{summary.run.checks_passed} passed; {_named(summary.run.checks_failed, 'failed')}; "
            f"{_named(summary.run.checks_warned, 'warned')}",
        ),
        ("Time", f"{summary.seconds:.0f} s"),
    ):
        table.add_row(f"[bold]{stage}[/]  ", words)
    console.print(table, highlight=False)
    for equation, holds in summary.sums.items():
        console.print(f"  {'[green]✓[/]' if holds else '[red]✗[/]'} {equation}", highlight=False)


def _named(checks: list[str], verb: str) -> str:
    return f"{len(checks)} {verb}" + (f" ({', '.join(checks)})" if checks else "")

"""`automart feeds report`: show one dealer's deliveries, as text for people or JSON for scripts."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from cli.feeds.files import counts_line
from cli.feeds.importing import spread_sentence
from cli.options import DealerCode, Json
from cli.output import explain_errors, print_json
from cli.tables import printable
from core.identity.orgs import get_org
from core.platform import open_platform
from pipelines.feeds.reports.dealer_report import DealerReport, dealer_report


@explain_errors
def report(
    dealer: DealerCode,
    deliveries: Annotated[int, typer.Option(min=1, max=200, help="Report on this many deliveries.")] = 10,
    as_json: Json = False,
) -> None:
    """Report on a dealer's deliveries: counts, trend, rejects and how to mend them, files that wait for approval.

    Example: automart feeds report khan-motors
    """
    with open_platform() as platform, platform.sessions() as session:
        found = dealer_report(session, get_org(session, dealer), deliveries=deliveries)
    if as_json:
        unread = [each.as_json() for each in found.not_understood]
        print_json(asdict(found) | {"stale": [asdict(each) for each in found.stale], "not_understood": unread})
        return
    _show(found)


def _show(found: DealerReport) -> None:
    mapping = found.mapping or "no mapping of its own"
    typer.echo(printable(f"{found.name} ({found.dealer}), {mapping}: {found.live:,} cars live"))
    if not found.deliveries:
        typer.echo("Nothing was delivered yet.")
        return
    for column in found.not_understood:
        if column.whole:
            typer.echo(printable(f"WARNING: {column.sentence}"))
    for warning in found.warnings:
        typer.echo(printable(f"WARNING: {warning.sentence()}"))
    typer.echo("Last deliveries, newest first, with the time of their stock (UTC):")
    for each in found.deliveries:
        typer.echo(printable(f"  {each.snapshot_at:%Y-%m-%d %H:%M}  {each.status:<10} {each.name}"))
        if each.status == "applied":
            typer.echo(f"      {counts_line(vars(each))}")
    for line in (*_trend(found), *_waiting(found), *_differences(found), *_rejects(found), *_unread(found)):
        typer.echo(printable(line))


def _trend(found: DealerReport) -> Iterator[str]:
    if found.rows_read is None:
        return
    if spread := spread_sentence(found.prices):
        yield spread
    usual = "" if found.rows_usual is None else f" (usually {found.rows_usual:,.0f})"
    before = "" if found.rejected_share_usual is None else f" (usually {found.rejected_share_usual:.1%})"
    yield f"Trend: {found.rows_read:,} rows{usual}, {found.rejected_share:.1%} rejected{before}."


def _waiting(found: DealerReport) -> Iterator[str]:
    for held in found.held:
        yield f"HELD: {held.name} lacks {held.cars:,} cars that stay live, such as {held.example}."
        yield f"  If the dealer no longer has them: automart feeds approve {held.file_id}"
    for each in found.deliveries:
        if each.status in ("stale", "refused"):
            yield f"{each.status.upper()}: {each.name}: {each.message}"


def _differences(found: DealerReport) -> Iterator[str]:
    words = {"offered": "offers it", "sold": "calls it sold", "missing": "lacks it"}
    if found.differences.states:
        yield "Cars whose state a person or a deposit decided, against the feed; that state stays:"
    for car in found.differences.states:
        said = f"the feed {words[car.feed_says]} since {car.since:%Y-%m-%d %H:%M}"
        yield f"  {car.source_key} {car.title}: {car.status} (by {car.decided_by}), {said}"
    if found.differences.fields:
        yield "Fields that people set; each stays until the feed's own value changes:"
    for each in found.differences.fields:
        yield f"  {each.source_key} {each.title}: {each.column} is {each.shown!r}, the feed says {each.feed_value!r}"


def _rejects(found: DealerReport) -> Iterator[str]:
    if not found.rejects:
        yield "No row of these deliveries was rejected."
        return
    yield "Why rows were rejected, and what to do:"
    for reason in found.rejects:
        yield f"  {reason.rows:,} × {reason.code}: {reason.message}"
        if reason.fix:
            yield f"      Fix: {reason.fix}"
        for example in reason.examples:
            value = "" if example["value"] is None else f", {example['column'] or 'the row'}: {example['value']!r}"
            yield f"      e.g. {example['file']} row {example['row']} ({example['key'] or 'no key'}){value}"


def _unread(found: DealerReport) -> Iterator[str]:
    if some := [each for each in found.not_understood if not each.whole]:
        yield "Cells of the newest file that were not understood; their cars are listed:"
    for column in some:
        yield f"  {column.sentence}"

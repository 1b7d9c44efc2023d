"""`automart demo`: run a sample market through the whole graph, then the UI and the API on it."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from assets.runs import RunReport, asset_names, own_instance, run_job
from cli.demonstration.domains import show_domains
from cli.demonstration.people import add_people, print_people
from cli.demonstration.summary import Summary, print_summary, summarise
from cli.options import Json
from cli.output import explain_errors, print_json
from cli.up import serve
from core.db.session import transaction
from core.errors import PermanentError
from core.identity.orgs import BranchSpec, ensure_branches, ensure_org
from core.platform import Platform, open_platform
from core.prices.models import champion
from core.settings import load_settings
from samples.market import market_orgs, write_market

if TYPE_CHECKING:
    pass

SEED = 2026


@explain_errors
def demo(
    serve_after: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Stay up with the Dagster UI and the API, or end here.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Make a sample market, run the whole asset graph on it, show the counts, and stay up.

    About 25 dealers and 4,000 cars, the same ones every time. The first run takes a minute or two; a second one finds
    nothing new, keeps all data and takes seconds.

    Example: automart demo --no-serve --json
    """
    settings = load_settings()
    console = Console(stderr=as_json or not sys.stdout.isatty())
    started = time.monotonic()
    with own_instance(settings.dagster_home) as instance, open_platform(settings) as platform:
        console.print(f"Automart demo in {settings.home}")
        _make_market(platform, console)
        people = add_people(platform)
        report = _run_graph(platform, instance, console)
        summary = summarise(platform, report, seconds=time.monotonic() - started)
        print_summary(summary, console)
        print_people(people, console)
        shown = show_domains(platform, people, SEED, console)
        if as_json:
            print_json(summary.as_dict() | shown.as_dict())
        _require_success(report, summary)
        shown.require_true_counts()
        if serve_after:
            serve(settings, instance, console)


def _make_market(platform: Platform, console: Console) -> None:
    with console.status("Making the sample market"), transaction(platform.sessions) as session:
        orgs = market_orgs(SEED)
        for org in orgs:
            branches = [BranchSpec(branch.code, branch.name, branch.city) for branch in org.branches]
            added = ensure_org(session, org.code, org.name, kind=org.kind, default_mapping=org.default_mapping)
            ensure_branches(session, added, branches)
        manifest = write_market(platform.settings.inbox, seed=SEED)
    console.print(f"Sample market: {len(orgs)} dealers, {len(manifest.files)} feed files in the inbox.")


def _run_graph(platform: Platform, instance: Path, console: Console) -> RunReport:
    """Run the whole graph the first time; once there is a price model, the job that a landed file starts."""
    with transaction(platform.sessions) as session:
        first = champion(session) is None
    job = "whole_market" if first else "dealer_feeds"
    columns = (TextColumn("{task.description:<32}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"{job}: starting", total=len(asset_names(job)))

        def show(asset: str) -> None:
            progress.update(task, advance=1, description=f"{job}: {asset}")
            progress.console.print(f"  [green]✓[/] {asset}", highlight=False)

        report = run_job(instance, job, show)
        progress.update(task, description=f"{job}: {'done' if report.success else 'failed'}")
    return report


def _require_success(report: RunReport, summary: Summary) -> None:
    if not report.success:
        raise PermanentError(f"Run {report.run_id} failed; `automart up` shows it in the UI.", code="run_failed")
    if not summary.adds_up:
        raise PermanentError("The stages' counts do not add up; see the summary.", code="counts_do_not_add_up")

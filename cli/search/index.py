"""`automart search sync`, `rebuild`, `rollback`, `status` and `embed`: keep the search index in step."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.db.session import transaction
from core.platform import open_platform
from core.search import open_search_engine
from core.search.embedding import VectorStore, open_embedder
from pipelines.search.audit import SLOW_SECONDS, IndexReport, index_report
from pipelines.search.embed import embed_listings, live_sentences
from pipelines.search.rebuild import RebuildLimits, rebuild_index, rollback_index
from pipelines.search.sync import sync_index
from pipelines.search.write_listings import SyncResult


@explain_errors
def sync_command(as_json: Json = False) -> None:
    """Send what changed since the last sync to the index; build the index where it is missing or was lost.

    Example: automart search sync
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        result = sync_index(session, open_search_engine(platform.settings), RebuildLimits.of(platform.settings))
    _print_result(result, as_json=as_json)


@explain_errors
def rebuild_command(
    accept_shrink: Annotated[
        bool, typer.Option("--accept-shrink", help="Take the new index although it lacks many listings.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Build a new index from the database, check it, and swap it in; the old one answers until then.

    An index that is not sound, or that lost more listings than SEARCH_MAX_SHRINK_PERCENT, is refused and the old one
    answers on. The old one is kept: `automart search rollback`.

    Example: automart search rebuild
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        limits = RebuildLimits.of(platform.settings, accept_shrink=accept_shrink)
        result = rebuild_index(session, open_search_engine(platform.settings), limits)
    _print_result(result, as_json=as_json)


@explain_errors
def rollback_command(as_json: Json = False) -> None:
    """Let the index before the last rebuild answer again, and send it the changes since. A second call undoes it.

    Example: automart search rollback
    """
    with open_platform() as platform:
        engine = open_search_engine(platform.settings)
        with transaction(platform.sessions) as session:
            result = rollback_index(session, engine)
        with transaction(platform.sessions) as session:
            caught_up = sync_index(session, engine, RebuildLimits.of(platform.settings))
    if as_json:
        print_json(asdict(result) | {"sync": asdict(caught_up)})
        return
    typer.echo(f"Index {result.index_id} answers again; {result.previous_id} is kept.")
    _print_result(caught_up, as_json=as_json)


@explain_errors
def status_command(as_json: Json = False) -> None:
    """Compare the index with the database: how many listings each holds, and how many changes are still to come.

    Example: automart search status
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        report = index_report(session, open_search_engine(platform.settings))
    if as_json:
        print_json(asdict(report) | {"in_step": report.in_step, "slow_batches": report.slow_batches})
        return
    rows = (("live", report.live, report.indexed), ("public on automart", report.live_public, report.indexed_public))
    print_table(("listings", "database", "index"), rows)
    for problem in report.settings_problems:
        typer.echo(f"{problem} Run `automart search rebuild`.")
    for line in _batches(report):
        typer.echo(line)
    typer.echo(_advice(report))
    kept = "The previous index" if report.previous_id else "No index"
    typer.echo(f"{kept} is kept for a rollback.")


@explain_errors
def embed_command(as_json: Json = False) -> None:
    """Compute the vectors of search by meaning (mode=hybrid); needs the extra `semantic`.

    Only sentences that are new since the last time are computed, some hundred cars at a time: what is done stays if
    the command is killed. With SEARCH_SEMANTIC=true a loop of `automart work` does the same for each car that changes.

    Example: automart search embed
    """
    embedder = open_embedder()
    with open_platform() as platform, transaction(platform.sessions) as session:
        sentences = live_sentences(session)
    result = embed_listings(sentences, VectorStore(platform.settings.vectors_dir), embedder, _print_progress)
    if as_json:
        print_json(asdict(result))
    else:
        typer.echo(
            f"{result.listings:,} listings: {result.changed:,} put in, {result.gone:,} taken out,"
            f" {result.embedded:,} sentences computed."
        )


def _print_progress(done: int, of: int) -> None:
    typer.echo(f"{done:,} of {of:,} cars", err=True)


def _batches(report: IndexReport) -> Iterator[str]:
    """Say how long the search server took for the last changes, where there is one."""
    if report.batch_seconds:
        listed = ", ".join(f"{seconds:.2f}" for seconds in report.batch_seconds)
        yield f"The server took {listed} s for the last batches of changes, the newest first."
    if report.slow_batches:
        yield (
            f"Warning: {report.slow_batches} of them took longer than {SLOW_SECONDS:g} s. Start the server with"
            " --max-indexing-memory, and look at what else it does: docs/runbooks/search.md."
        )


def _advice(report: IndexReport) -> str:
    if not report.lag:
        state = "in step" if report.in_step else "the counts differ: run `automart search rebuild`"
        return f"0 changes behind: {state}."
    return f"{report.lag:,} changes behind, the oldest for {report.lag_seconds:.0f} s: run `automart search sync`."


def _print_result(result: SyncResult, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(result))
    elif result.rebuilt:
        typer.echo(f"Built the index anew with {result.upserted:,} listings.")
    else:
        typer.echo(f"{result.events:,} changes: {result.upserted:,} listings put in, {result.deleted:,} taken out.")

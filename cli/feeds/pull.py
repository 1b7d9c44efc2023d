"""`automart feeds pull` and `automart feeds sources`: fetch files from dealers' servers."""

from typing import Annotated, Any
from uuid import UUID

import typer

from cli.acts import record_on
from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.clock import utc_now
from core.db.session import transaction
from core.db.tables import FeedSource
from core.egress.addresses import shown_url, split_url
from core.identity.orgs import get_org
from core.platform import open_platform
from core.settings import load_settings
from pipelines.feeds.mail.addresses import MAIL, hidden_secret
from pipelines.feeds.pull.pull import pull_sources
from pipelines.feeds.pull.repository import FeedSourceRepository
from pipelines.feeds.pull.rules import pull_rules
from pipelines.feeds.pull.sources import NewSource, add_source_or_mail

sources = typer.Typer(
    help="Manage the addresses on dealers' servers that are read every hour.\n\n"
    "Example: automart feeds sources add https://dealer.example/stock.csv --dealer khan-motors",
    no_args_is_help=True,
)
Dealer = Annotated[str | None, typer.Option(help="Only sources of this dealer.")]
_EXIT_SOME_FAILED = 1


@sources.command("add")
@explain_errors
def add_command(
    url: Annotated[
        str,
        typer.Argument(
            help="https://…, sftp://…, ftps://… (TLS at once), ftpes://… (AUTH TLS); or `mailto:` for an address."
        ),
    ],
    dealer: Annotated[str, typer.Option(help="Code of the dealer whose stock it is; see `automart dealers list`.")],
    mapping: Annotated[str | None, typer.Option(help="How the file is read. Default: the dealer's own.")] = None,
    credential: Annotated[
        str | None, typer.Option(help="Name of the entry of FEED_PULL_CREDENTIALS to log in with; never the secret.")
    ] = None,
    host_key: Annotated[
        str | None, typer.Option(help="SFTP: fingerprint of the server's key (SHA256:…), as its owner states it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Register an address that is read for a dealer from now on. Nothing is fetched yet: `automart feeds pull` does it.

    Example: automart feeds sources add sftp://ftp.example/out/stock.csv --dealer khan-motors --credential khan
    --host-key SHA256:uNiVztksCsDhcc0u9e8BrqTMjpRPxt7MkKGVvRMBFqI
    """
    settings = load_settings()
    if url != MAIL:
        split_url(url, pull_rules(settings))  # before a database is started for nothing
    with open_platform(settings) as platform, transaction(platform.sessions) as session:
        org = get_org(session, dealer)
        source = add_source_or_mail(
            session, platform.storage, org, NewSource(url, mapping, credential, host_key), settings
        )
        row = _row(source, dealer)
        facts = {name: row[name] for name in ("url", "mapping", "credential", "host_key")}
        facts["url"] = hidden_secret(row["url"])
        record_on(session, "feeds.add_source", ("feed_source", source.id), org.id, facts)
    if as_json:
        print_json(row)
        return
    then = "Send a list to it, then: automart feeds take-mail" if url == MAIL else "Try it: automart feeds pull"
    typer.echo(f"Added {row['url']} for {dealer}. {then}")


@sources.command("list")
@explain_errors
def list_command(dealer: Dealer = None, as_json: Json = False) -> None:
    """List the sources and how their last reading went. Queries of URLs are not shown: they may hold secrets.

    Example: automart feeds sources list --dealer khan-motors
    """
    with open_platform() as platform, platform.sessions() as session:
        org_id = None if dealer is None else get_org(session, dealer).id
        rows = [_row(source, org.code) for source, org in FeedSourceRepository(session).all(org_id)]
    if as_json:
        print_json(rows)
        return
    names = ("source_id", "dealer", "url", "checked_at", "failures", "last_error")
    print_table(names, [[row[name] for name in names] for row in rows])


@sources.command("remove")
@explain_errors
def remove_command(
    source_id: Annotated[UUID, typer.Argument(help="The source; `automart feeds sources list` shows the ids.")],
) -> None:
    """Stop reading an address. Files that came from it, and their cars, stay.

    Example: automart feeds sources remove 0198c1f2-6a3e-7c4d-9b1a-2f6d1c0e8a77
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        found = FeedSourceRepository(session)
        source = found.get(source_id)
        shown = shown_url(source.url)
        record_on(
            session, "feeds.remove_source", ("feed_source", source.id), source.org_id, {"url": hidden_secret(shown)}
        )
        found.delete(source)
    typer.echo(f"Removed {hidden_secret(shown)}.")


@explain_errors
def pull(dealer: Dealer = None, as_json: Json = False) -> None:
    """Read every source once and register the files that are new; the next import publishes them.

    A server that says "not modified" or serves the same bytes gives nothing new. A source that fails leaves the
    others alone and is tried again the next time.

    Exit code: 0 all sources answered, 1 some failed.

    Example: automart feeds pull --dealer khan-motors
    """
    with open_platform() as platform:
        report = pull_sources(platform.sessions, platform.storage, platform.settings, utc_now(), dealer=dealer)
    if as_json:
        print_json(report.counts() | {"sources": report.rows()})
    else:
        print_table(
            ("dealer", "url", "status", "code", "message"),
            [(s.dealer, s.url, s.status, s.code, s.message) for s in report.sources],
        )
        typer.echo(", ".join(f"{count} {status}" for status, count in report.counts().items()))
    if report.counts()["failed"]:
        raise typer.Exit(_EXIT_SOME_FAILED)


def _row(source: FeedSource, dealer: str) -> dict[str, Any]:
    return {
        "source_id": str(source.id),
        "dealer": dealer,
        "url": shown_url(source.url),
        "mapping": source.mapping,
        "credential": source.credential,
        "host_key": source.host_key,
        "checked_at": None if source.checked_at is None else source.checked_at.isoformat(timespec="seconds"),
        "failures": source.failures,
        "last_error": source.last_error,
        "last_code": source.last_code,
        "file_id": None if source.file_id is None else str(source.file_id),
    }

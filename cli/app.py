"""The `automart` command: its groups under one name."""

import sys
from io import TextIOWrapper

import typer

from cli.lazy import lazy_group

_COMMANDS = {
    "demo": ("cli.demo:demo", "Make a sample market, run the whole asset graph on it, show the counts, and stay up."),
    "up": (
        "cli.up:up",
        "Start the API, the Dagster UI with its daemon, and the background loops; stay up until Ctrl-C.",
    ),
    "work": (
        "cli.work:work",
        "Run the background loops of all domains until Ctrl-C; `automart up` starts this by itself.",
    ),
    "feeds": ("cli.feeds:app", "Import dealers' files and see what became of them."),
    "dealers": ("cli.dealers:app", "Add and list dealers."),
    "identity": ("cli.identity:app", "Add organisations and people, give roles, end sessions."),
    "pii": ("cli.personal_data:app", "Look after personal data."),
    "search": ("cli.search:app", "Search the listings as a visitor of automart.pk would, and look after the index."),
    "listings": ("cli.listings:app", "Post, change and move cars, one at a time."),
    "price-bands": ("cli.price_bands:app", "Estimate what cars are worth, and look after the price model."),
    "leads": ("cli.leads:app", "Look after leads: the promises to buyers, and their deadlines."),
    "deposits": ("cli.deposits:app", "Prove the ledger of deposits, and try payments out."),
    "engagement": ("cli.engagement:app", "Take in events of shoppers, and see what is counted of them."),
    "webhooks": ("cli.webhooks:app", "See the events that partners can subscribe to, and receive messages."),
    "moderation": ("cli.moderation:app", "Try the rules of moderation on a text, or mark all dealers' cars."),
    "photos": ("cli.photos:app", "Judge photos, and find and cover their number plates."),
    "reference": (
        "cli.reference:reference_command",
        "Print what the domains declare: permissions, rate limits, personal data, events, loops.",
    ),
    "audit": ("cli.audit:app", "Verify the audit trail, drop what is old enough, declare a restore."),
    "db": ("cli.db:app", "Look after the database."),
}

app = typer.Typer(
    cls=lazy_group(_COMMANDS),
    help="Automart: dealers' feeds in, searchable listings with honest price bands out.\n\n"
    "Start with [bold]automart demo[/] (a sample market through the whole graph), or "
    "[bold]automart feeds import FILE --dealer CODE[/] for a file of your own. "
    "All state is kept under AUTOMART_HOME (default .automart); see README for every setting.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,  # a plain traceback: rich ones print locals, and locals hold passwords
)


@app.callback()
def automart() -> None:
    """Import dealers' feeds, search the listings, price cars."""


def main() -> None:
    """Run the `automart` script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character shows its number
    app()

"""The `automart` command: the groups, mounted under one name."""

import typer

from cli import db, dealers, feeds, price_bands, search
from cli.demo import demo
from cli.up import up
from cli.work import work

app = typer.Typer(
    help="Automart: dealers' feeds in, searchable listings with honest price bands out.\n\n"
    "Start with [bold]automart demo[/] (a sample market through the whole graph), or "
    "[bold]automart feeds import FILE --dealer CODE[/] for a file of your own. "
    "All state stands under AUTOMART_HOME (default .automart); see README for every setting.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,  # a plain traceback: rich ones print locals, and locals hold passwords
)
app.command("demo")(demo)
app.command("up")(up)
app.command("work")(work)
for group, name in (
    (feeds.app, "feeds"),
    (dealers.app, "dealers"),
    (search.app, "search"),
    (price_bands.app, "price-bands"),
    (db.app, "db"),
):
    app.add_typer(group, name=name)


def main() -> None:
    """Entry point of the `automart` script."""
    app()

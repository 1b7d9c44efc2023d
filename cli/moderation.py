"""`automart moderation`: try the rules on a text."""

import sys
from typing import Annotated

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.db.session import transaction
from core.platform import open_platform
from pipelines.moderation.marking import mark_all
from serving.moderation.trying import try_text
from serving.moderation.views import Weight

app = typer.Typer(
    help="Try the rules of moderation on a text, or mark all dealers' cars.\n\n"
    'Example: automart moderation check "Call 0300 1234567"',
    no_args_is_help=True,
)


@app.callback()
def moderation() -> None:
    """Look at the rules of moderation."""


@app.command()
@explain_errors
def check(
    text: Annotated[str | None, typer.Argument(help="The text; without it, standard input is read.")] = None,
    as_json: Json = False,
) -> None:
    """Say what the rules find in the description of an ad, in English and Urdu; nothing is kept.

    Exit status 1 where the text would keep a private ad from going live by itself.
    Example: automart moderation check "Call 0300 1234567"
    """
    found = try_text(sys.stdin.read() if text is None else text)
    if as_json:
        print_json([vars(view) for view in found])
    elif found:
        rows = [(view.code, view.weight, view.text_en, view.text_ur) for view in found]
        print_table(("finding", "weight", "English", "Urdu"), rows)
    else:
        typer.echo("Nothing found.")
    if any(view.weight is not Weight.NOTE for view in found):
        raise typer.Exit(1)


@app.command()
@explain_errors
def mark(as_json: Json = False) -> None:
    """Judge all dealers' cars on offer again, and keep a mark on each in which the rules find something.

    The loop does so with each car that changes. This is for cars that came before the loop, and for new rules.
    Example: automart moderation mark
    """
    with open_platform() as platform:
        marked = mark_all(lambda: transaction(platform.sessions))
    if as_json:
        print_json({"marked": marked})
    else:
        typer.echo(f"{marked:,} cars are marked.")

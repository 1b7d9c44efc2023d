"""`automart leads`: deadlines by a business calendar, and leads as other systems write them."""

import typer

from cli.lazy import lazy_group

_COMMANDS = {
    "adf": (
        "cli.leads.adf:adf_command",
        "Show what is read of a lead in ADF/XML or of a mail: its prospects, or its raw text where it has none.",
    ),
    "score": (
        "cli.leads.score:score_command",
        "Show how well the chance of a lead to be won is known: on leads that came after those the model learnt from.",
    ),
    "watch": (
        "cli.leads.watch:watch_command",
        "Show leads, deposits and states of cars in the terminal as they happen, until Ctrl-C.",
    ),
    "deadline": (
        "cli.leads.deadline:deadline_command",
        "Compute when an answer is due by a business calendar, and when to warn; with events, whether it was in time.",
    ),
}

app = typer.Typer(
    cls=lazy_group(_COMMANDS),
    help="Look after leads: the promises to buyers, and their deadlines.\n\n"
    'Example: automart leads deadline --calendar calendar.toml --from "2026-11-27 12:30" --minutes 60',
    no_args_is_help=True,
)


@app.callback()
def leads() -> None:
    """Look after leads: the promises to buyers, and their deadlines."""

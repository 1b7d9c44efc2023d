"""`automart engagement`: events of shoppers, and what is counted of them."""

import typer

from cli.lazy import lazy_group

_COMMANDS = {
    "load": (
        "cli.engagement.load:load_command",
        "Load batches of events from a file of JSON lines, as apps post them; each event counts once.",
    ),
    "schemas": (
        "cli.engagement.schemas:schemas_command",
        "Print the JSON schema of all events that apps send.",
    ),
}

app = typer.Typer(
    cls=lazy_group(_COMMANDS),
    help="Take in events of shoppers, and see what is counted of them.\n\n"
    "Example: automart engagement load batches.jsonl",
    no_args_is_help=True,
)


@app.callback()
def engagement() -> None:
    """Take in events of shoppers, and see what is counted of them."""

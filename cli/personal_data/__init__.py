"""`automart pii`: erase people, replay erasures after a restore, rotate keys, list the columns with personal data."""

import typer

from cli.lazy import lazy_group

_COMMANDS = {
    "erase": ("cli.personal_data.erasing:erase_command", "Erase a person for good, and print what each domain did."),
    "replay": (
        "cli.personal_data.erasing:replay_command",
        "Erase again, after a restore, everybody who was erased since the dump.",
    ),
    "rotate": ("cli.personal_data.rotating:rotate_command", "Rotate the master key and all data keys."),
    "columns": (
        "cli.personal_data.columns:columns_command",
        "List the columns that hold personal data, by the domain that declares them.",
    ),
}

app = typer.Typer(
    cls=lazy_group(_COMMANDS),
    help="Look after personal data.\n\nExample: automart pii erase 03001234567",
    no_args_is_help=True,
)


@app.callback()
def pii() -> None:
    """Look after personal data."""

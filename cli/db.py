"""`automart db`: bring the database to the newest schema."""

import typer

from cli.output import explain_errors
from core.db.database import open_database
from core.db.migrate import head_revision, upgrade_to_head
from core.settings import load_settings

app = typer.Typer(help="Look after the database.\n\nExample: automart db upgrade", no_args_is_help=True)


@app.callback()
def db() -> None:
    """Look after the database.

    Example: automart db upgrade
    """


@app.command()
@explain_errors
def upgrade() -> None:
    """Bring the database of DATABASE_URL to the newest schema; nothing happens when it is there already.

    The embedded database never needs this: whatever opens it also upgrades it. A migration that cannot have its
    lock within 4 seconds fails without harm; run the command again.

    Example: DATABASE_URL=postgresql://automart@db/automart automart db upgrade
    """
    with open_database(load_settings()) as engine:
        upgrade_to_head(engine)
    typer.echo(f"The database is at schema {head_revision()}.")

"""`automart db`: bring the database to the newest schema."""

import typer

from cli.output import explain_errors
from core.db.database import configured_passwords, open_database
from core.db.logins import Login, roles_statement
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
    """Bring the database of DATABASE_OWNER_URL to the newest schema, with the declared policies and grants.

    Nothing happens when it is there already. The owner need not be a superuser; `automart db roles` makes it.

    The embedded database never needs this: whatever opens it also upgrades it. A migration that cannot have its
    lock within 4 seconds fails without harm; run the command again.

    Example: DATABASE_OWNER_URL=postgresql://automart_owner@db/automart automart db upgrade
    """
    with open_database(load_settings(), login=Login.OWNER) as engine:
        upgrade_to_head(engine)
    typer.echo(f"The database is at schema {head_revision()}.")


@app.command()
@explain_errors
def roles() -> None:
    """Print the statement that makes the three logins, for an administrator of a server that is not embedded.

    It is for a superuser, in the platform's database, before the first `automart db upgrade` and once when a database
    of before the logins is taken over. Running it again changes nothing. Passwords are those of DATABASE_OWNER_URL,
    DATABASE_URL and DATABASE_PIPELINES_URL, and stand in it only as SCRAM verifiers.

    Example: automart db roles > roles.sql
    """
    typer.echo(f"{roles_statement(configured_passwords(load_settings()))};")

"""`automart identity token`, `sessions` and `revoke`."""

from typing import Annotated
from uuid import UUID

import typer

from cli.acts import record_on
from cli.identity.opened import UserName, operating
from cli.options import By, Json, actor
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.clock import utc_now
from core.errors import ConflictError
from core.settings import load_settings
from serving.identity.logins.issuer import LIFETIME
from serving.identity.logins.sessions import live_sessions


class OutsideIssuerError(ConflictError):
    """Tokens of the embedded issuer are refused beside an outside one."""

    code = "outside_issuer"

    def __init__(self) -> None:
        super().__init__("OIDC_ISSUER is set, so tokens of the platform's own are refused: log in there.")


@explain_errors
def token_command(user: UserName, by: By = None, as_json: Json = False) -> None:
    """Print an access token of a person, for development.

    It is good for 10 minutes and belongs to a new session, which `automart identity revoke` ends. Refused where
    OIDC_ISSUER is set. With --json: {"user", "session", "access_token", "refresh_token", "expires_in"}.

    Example: curl -H "Authorization: Bearer $(automart identity token 03001234567)" localhost:8000/v1/me
    """
    if load_settings().oidc_issuer is not None:
        raise OutsideIssuerError
    with operating(actor(by)) as (_, operators):
        made = operators.development_token(operators.find_person(user), utc_now())
    if as_json:
        print_json(
            {
                "user": str(made.user_id),
                "session": str(made.session_id),
                "access_token": made.access_token,
                "refresh_token": made.refresh_token,
                "expires_in": int(LIFETIME.total_seconds()),
            }
        )
        return
    typer.echo(made.access_token)


@explain_errors
def sessions_command(user: UserName, as_json: Json = False) -> None:
    """List the sessions of a person that go on.

    Example: automart identity sessions 03001234567
    """
    with operating(actor(None)) as (session, operators):
        user_id = operators.find_person(user)
        names = ("id", "created_at", "refreshed_at", "expires_at", "device", "user_agent", "address_class")
        rows = [[getattr(row, name) for name in names] for row in live_sessions(session, user_id, utc_now())]
        record_on(session, "sessions.read", ("user", user_id), None, {"sessions": len(rows)})
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    print_table(("session", "began", "refreshed", "expires", "device", "program", "network"), rows)


@explain_errors
def revoke_command(
    user: UserName,
    session_id: Annotated[
        UUID | None, typer.Option("--session", help="One session; see `automart identity sessions`. Default: all.")
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """End sessions of a person, from the next request on.

    Example: automart identity revoke 03001234567
    """
    with operating(actor(by)) as (_, operators):
        user_id = operators.find_person(user)
        ended = operators.revoke(user_id, session_id, utc_now())
    if as_json:
        print_json({"user": str(user_id), "ended": ended})
        return
    typer.echo(f"Sessions ended: {ended}.")

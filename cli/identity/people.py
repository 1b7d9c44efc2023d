"""`automart identity add-user` and `grant`."""

from typing import Annotated

import typer

from cli.identity.opened import UserName, operating
from cli.options import By, Json, actor
from cli.output import explain_errors, print_json
from core.access.roles import Role
from core.clock import utc_now
from core.identity import contacts
from core.identity.orgs import get_org
from serving.identity.members.grants import Grant


@explain_errors
def add_user_command(
    phone: Annotated[str | None, typer.Option(help="Mobile number in any spelling; of Pakistan unless +…")] = None,
    email: Annotated[str | None, typer.Option(help="E-mail address.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Add a person by phone number, e-mail address or both.

    The contacts count as proven: whoever receives a code there is that person. Known contacts find their person again,
    and a further one is added to it. Prints the person's id.

    Example: automart identity add-user --phone 0300-1234567 --email ayesha@example.org
    """
    given = [contacts.phone(phone)] if phone is not None else []
    given += [contacts.email(email)] if email is not None else []
    with operating(actor(by)) as (_, operators):
        user_id = operators.add_person(given, utc_now())
    if as_json:
        print_json({"user": str(user_id)})
        return
    typer.echo(user_id)


@explain_errors
def grant_command(
    user: UserName,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help=f"One of {', '.join(Role)}.")],
    org: Annotated[str, typer.Option(help="Code of the organisation in which the role holds.")],
    branch: Annotated[
        list[str] | None, typer.Option(help="Code of a branch to which it is narrowed. May be repeated.")
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Give a person a role in an organisation.

    It replaces the role and the branches that the person has there, and holds from the next request on. Roles of our
    own staff are held in an organisation of kind platform.

    Example: automart identity grant 03001234567 branch_manager --org khan-motors --branch dha
    """
    branches = None if branch is None else frozenset(branch)
    with operating(actor(by)) as (session, operators):
        user_id = operators.find_person(user)
        new = operators.grant(user_id, get_org(session, org), Grant(role, branches))
    if as_json:
        listed = None if branches is None else sorted(branches)
        print_json({"user": str(user_id), "org": org, "role": role.value, "branches": listed, "new": new})
        return
    narrowed = f", branches {', '.join(sorted(branches))}" if branches else ""
    typer.echo(f"{user_id} is {role} of {org} now{narrowed}.")

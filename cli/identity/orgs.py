"""`automart identity add-org` and `add-branch`."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.acts import record_on_org
from cli.branches import BRANCH_HELP, parse_branch
from cli.options import Json
from cli.output import explain_errors, print_json
from core.db.session import transaction
from core.identity.orgs import ORG_KINDS, add_branch, add_org, get_org
from core.platform import open_platform


@explain_errors
def add_org_command(
    code: Annotated[str, typer.Argument(help="Short name: a-z, 0-9 and -.")],
    name: Annotated[str | None, typer.Option(help="Name as buyers see it; default: the code.")] = None,
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(ORG_KINDS)}.")] = "dealer",
    as_json: Json = False,
) -> None:
    """Add an organisation: a dealer, a partner, our own staff.

    For a dealer who sends files, `automart dealers add` also sets how they are read.

    Example: automart identity add-org staff --name "Automart staff" --kind platform
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        org = add_org(session, code, name or code, kind=kind)
        added = {"code": org.code, "name": org.name, "kind": org.kind}
        record_on_org(session, org, "orgs.add", added)
    if as_json:
        print_json(added)
        return
    typer.echo(f"Added {added['name']} ({code}), a {kind}.")


@explain_errors
def add_branch_command(
    code: Annotated[str, typer.Argument(metavar="ORG", help="Code of the organisation.")],
    branch: Annotated[str, typer.Argument(help=BRANCH_HELP)],
    as_json: Json = False,
) -> None:
    """Add a branch to an organisation.

    Example: automart identity add-branch khan-motors "clifton:Clifton:Karachi"
    """
    spec = parse_branch(branch)
    with open_platform() as platform, transaction(platform.sessions) as session:
        org = get_org(session, code)
        add_branch(session, org, spec)
        record_on_org(session, org, "branches.add", asdict(spec))
    if as_json:
        print_json({"org": code} | asdict(spec))
        return
    typer.echo(f"Added branch {spec.code} to {code}.")

"""`automart dealers`: who may deliver."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.db.session import transaction
from core.errors import InvalidInputError
from core.platform import open_platform
from pipelines.feeds.dealers import BranchSpec, add_branch, add_org, get_org, list_orgs

app = typer.Typer(
    help='Add and list dealers.\n\nExample: automart dealers add khan-motors --name "Khan Motors" --mapping dealer-csv',
    no_args_is_help=True,
)

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout, for scripts.")]
_BRANCH_HELP = "A branch as CODE:NAME or CODE:NAME:CITY; CODE is what the dealer's feed calls it."


@app.command()
@explain_errors
def add(
    code: Annotated[str, typer.Argument(help="Short name of the dealer: a-z, 0-9 and -; also its inbox folder.")],
    name: Annotated[str, typer.Option(help="The dealer's name as buyers see it.")],
    mapping: Annotated[str | None, typer.Option(help="How its files are read; see `automart feeds mappings`.")] = None,
    branch: Annotated[list[str] | None, typer.Option(help=f"{_BRANCH_HELP} May be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Add a dealer, with its branches.

    Example: automart dealers add khan-motors --name "Khan Motors" --branch "dha:DHA Phase 5:Lahore"
    """
    branches = [parse_branch(text) for text in branch or []]
    with open_platform() as platform, transaction(platform.sessions) as session:
        org = add_org(session, code, name, default_mapping=mapping, branches=branches)
        inbox = platform.settings.inbox / org.code
    if as_json:
        print_json({"code": code, "name": name, "default_mapping": mapping, "branches": [asdict(b) for b in branches]})
        return
    typer.echo(f"Added {name} ({code}). Its files go to {inbox}, or: automart feeds import FILE --dealer {code}")


@app.command("add-branch")
@explain_errors
def add_branch_command(
    code: Annotated[str, typer.Argument(help="Code of the dealer; see `automart dealers list`.")],
    branch: Annotated[str, typer.Argument(help=_BRANCH_HELP)],
) -> None:
    """Add a branch to a dealer. Its cars are attached by the dealer's next delivery.

    Example: automart dealers add-branch khan-motors "clifton:Clifton:Karachi"
    """
    spec = parse_branch(branch)
    with open_platform() as platform, transaction(platform.sessions) as session:
        add_branch(session, get_org(session, code), spec)
    typer.echo(f"Added branch {spec.code} to {code}.")


@app.command("list")
@explain_errors
def list_command(as_json: Json = False) -> None:
    """List all dealers with their mappings and branches.

    Example: automart dealers list --json
    """
    with open_platform() as platform, platform.sessions() as session:
        orgs = list_orgs(session)
    if as_json:
        print_json([asdict(org) for org in orgs])
        return
    rows = [
        (org.code, org.name, org.kind, org.default_mapping, ", ".join(branch.code for branch in org.branches))
        for org in orgs
    ]
    print_table(("code", "name", "kind", "mapping", "branches"), rows)


def parse_branch(text: str) -> BranchSpec:
    """`CODE:NAME` or `CODE:NAME:CITY` as a branch.

    Raises:
        InvalidInputError: code `bad_branch`.
    """
    parts = [part.strip() for part in text.split(":")]
    if len(parts) not in (2, 3) or not all(parts):
        raise InvalidInputError(f"A branch is written CODE:NAME or CODE:NAME:CITY, not {text!r}.", code="bad_branch")
    return BranchSpec(*parts)

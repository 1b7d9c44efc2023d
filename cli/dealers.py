"""`automart dealers`: add dealers, and set how their files are taken."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.acts import record_on_org
from cli.branches import BRANCH_HELP, parse_branch
from cli.options import By, DealerCode, Json, actor
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.clock import utc_now
from core.db.session import transaction
from core.db.tables import FeedGuardOverrides
from core.identity.orgs import add_branch, add_org, get_org, list_orgs
from core.platform import open_platform
from pipelines.feeds.mapping.store import load_mapping
from pipelines.listings.removal_limits import override_removal_limits, removal_limits_of
from serving.feeds.senders import add_sender, revoke_senders

app = typer.Typer(
    help='Add and list dealers.\n\nExample: automart dealers add khan-motors --name "Khan Motors" --mapping showroom',
    no_args_is_help=True,
)


@app.command()
@explain_errors
def add(
    code: Annotated[str, typer.Argument(help="Short name of the dealer: a-z, 0-9 and -; also its inbox folder.")],
    name: Annotated[str, typer.Option(help="The dealer's name as buyers see it.")],
    mapping: Annotated[str | None, typer.Option(help="How its files are read; see `automart feeds mappings`.")] = None,
    branch: Annotated[list[str] | None, typer.Option(help=f"{BRANCH_HELP} May be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Add a dealer, with its branches.

    Example: automart dealers add khan-motors --name "Khan Motors" --branch "dha:DHA Phase 5:Lahore"
    """
    branches = [parse_branch(text) for text in branch or []]
    with open_platform() as platform, transaction(platform.sessions) as session:
        if mapping is not None:
            load_mapping(mapping, platform.storage)  # refuses a name that no mapping has
        org = add_org(session, code, name, default_mapping=mapping)
        for each in branches:
            add_branch(session, org, each)
        facts = {"code": code, "name": name, "default_mapping": mapping, "branches": [each.code for each in branches]}
        record_on_org(session, org, "dealers.add", facts)
        inbox = platform.settings.inbox / org.code
    if as_json:
        print_json({"code": code, "name": name, "default_mapping": mapping, "branches": [asdict(b) for b in branches]})
        return
    typer.echo(f"Added {name} ({code}). Its files go to {inbox}, or: automart feeds import FILE --dealer {code}")


@app.command("add-branch")
@explain_errors
def add_branch_command(
    code: DealerCode,
    branch: Annotated[str, typer.Argument(help=BRANCH_HELP)],
) -> None:
    """Add a branch to a dealer. Its cars are attached by the dealer's next delivery.

    Example: automart dealers add-branch khan-motors "clifton:Clifton:Karachi"
    """
    spec = parse_branch(branch)
    with open_platform() as platform, transaction(platform.sessions) as session:
        org = get_org(session, code)
        add_branch(session, org, spec)
        record_on_org(session, org, "branches.add", asdict(spec))
    typer.echo(f"Added branch {spec.code} to {code}.")


@app.command("upload-token")
@explain_errors
def upload_token_command(
    code: DealerCode,
    replace_others: Annotated[
        bool, typer.Option("--replace", help="End the dealer's earlier tokens at once; without it they stay valid.")
    ] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="End all tokens of the dealer and make none.")] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Make a token with which a dealer uploads files over HTTP. It is shown once: only its hash is kept.

    It is the secret of a service account with the scope feeds.upload: the dealer sees it in its list and can revoke it.

    Example: automart dealers upload-token khan-motors
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        org = get_org(session, code)
        ended = revoke_senders(session, org, actor(by), utc_now()) if replace_others or revoke else 0
        token = None if revoke else add_sender(session, org, actor(by))
    if as_json:
        print_json({"code": code, "token": token, "revoked": ended})
        return
    if ended:
        typer.echo(f"{ended} tokens of {code} were ended.", err=True)
    if token is not None:
        typer.echo(token)
        typer.echo("Give it to the dealer now: it cannot be shown again.", err=True)


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


@app.command("set-limits")
@explain_errors
def set_limits_command(
    code: DealerCode,
    share: Annotated[
        float | None, typer.Option(help="A full feed may lack this part of the live cars, 0 to 1. Default 0.3.")
    ] = None,
    always: Annotated[int | None, typer.Option(help="This many may go, whatever the share. Default 5.")] = None,
    most: Annotated[int | None, typer.Option(help="Never more than this many at once. Default 1000.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Set how many cars a full feed of this dealer may remove before a person is asked.

    Limits that are not given go back to their defaults.

    Example: automart dealers set-limits khan-motors --share 0.5 --most 200
    """
    overrides = FeedGuardOverrides(removal_share=share, removal_always=always, removal_most=most)
    with open_platform() as platform, transaction(platform.sessions) as session:
        org = get_org(session, code)
        before = removal_limits_of(session, [org.id])[org.id]
        overrides.org_id, overrides.changed_by, overrides.changed_at = org.id, actor(by), utc_now()
        effective = override_removal_limits(session, overrides)
        record_on_org(session, org, "dealers.set_limits", {"before": asdict(before), "after": asdict(effective)}, by)
    if as_json:
        print_json({"code": code} | asdict(effective))
        return
    typer.echo(
        f"A full feed of {code} may lack {effective.share:.0%} of the live cars (always {effective.always}, "
        f"at most {effective.most:,}) before a person is asked."
    )

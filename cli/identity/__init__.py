"""`automart identity`: organisations, people, their roles and their sessions."""

import typer

from cli.lazy import lazy_group

_COMMANDS = {
    "add-org": ("cli.identity.orgs:add_org_command", "Add an organisation: a dealer, a partner, our own staff."),
    "add-branch": ("cli.identity.orgs:add_branch_command", "Add a branch to an organisation."),
    "add-user": ("cli.identity.people:add_user_command", "Add a person by phone number, e-mail address or both."),
    "grant": ("cli.identity.people:grant_command", "Give a person a role in an organisation."),
    "token": ("cli.identity.sessions:token_command", "Print an access token of a person, for development."),
    "sessions": ("cli.identity.sessions:sessions_command", "List the sessions of a person that go on."),
    "revoke": ("cli.identity.sessions:revoke_command", "End sessions of a person, from the next request on."),
}

app = typer.Typer(
    cls=lazy_group(_COMMANDS),
    help="Add organisations and people, give roles, end sessions.\n\nUSER is an id, a phone number in any spelling, "
    "or an e-mail address.\n\nExample: automart identity grant 03001234567 org_admin --org khan-motors",
    no_args_is_help=True,
)


@app.callback()
def identity() -> None:
    """Look after organisations and people."""

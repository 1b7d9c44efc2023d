"""`automart pii erase` and `replay`."""

from functools import partial
from typing import Annotated

import typer

from cli.acts import record_on
from cli.identity.opened import UserName
from cli.options import By, Json, actor
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.clock import utc_now
from core.db.session import transaction
from core.platform import open_platform
from core.security.platform_keys import open_keys
from pipelines.personal_data.replay import replay_erasures
from serving.identity.operators import Operators
from serving.personal_data.erasing import erase_person


@explain_errors
def erase_command(
    user: UserName,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Erase a person for good, and print what each domain did.

    The data key is destroyed and every domain erases its rows. It is recorded in object storage first, so that no
    restore brings the person back. The last administrator of an organisation is refused: give another one the role
    first (`automart identity grant`). Example: automart pii erase 03001234567 --yes
    """
    if not yes:
        typer.confirm("This cannot be undone. Erase this person?", abort=True, err=True)
    with open_platform() as platform:
        begin = partial(transaction, platform.sessions)
        with begin() as session:
            user_id = Operators(session, open_keys(platform.settings), actor(by)).find_person(user)
        result = erase_person(begin, platform.storage, user_id, actor(by), utc_now())
    if as_json:
        print_json({"erasure": str(result.id), "counts": result.counts})
        return
    print_table(
        ("domain", "erased", "rows"),
        [(domain, name, rows) for domain, each in sorted(result.counts.items()) for name, rows in each.items()],
    )


@explain_errors
def replay_command(as_json: Json = False) -> None:
    """Erase again, after a restore, everybody who was erased since the dump.

    Run it before a restored database is served. `automart work` and `automart up` do the same as they start.
    Example: automart pii replay
    """
    with open_platform() as platform:
        result = replay_erasures(platform)
        with transaction(platform.sessions) as session:
            facts = {"listed": result.listed, "replayed": result.replayed}
            record_on(session, "personal_data.replay", ("erasures", "all"), None, facts)
    if as_json:
        print_json({"listed": result.listed, "replayed": result.replayed, "finished": result.finished})
        return
    typer.echo(f"Erasures in the list: {result.listed}; unknown to this database and replayed: {result.replayed}.")

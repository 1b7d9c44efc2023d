"""`automart feeds replay`, `approve` and `undo`: decide about a file that was imported."""

from dataclasses import asdict

import typer

from cli.feeds.importing import explain_result, show_result
from cli.feeds.options import FileId
from cli.options import By, Json, actor
from cli.output import explain_errors, print_json
from cli.tables import printable
from core.db.session import transaction
from core.platform import open_platform
from pipelines.imports import RemovalDecision, approve_removals, context_of, replay_file, undo_removals


@explain_errors
def replay(file_id: FileId, by: By = None, as_json: Json = False) -> None:
    """Read a stored file again with the present mapping, and touch only what that changes.

    What newer files have decided stays. The file's counts and rejects become those of this reading.

    Exit code: 0, or 2 where the file cannot be read now (nothing is changed then).

    Example: automart feeds replay 0198c1f2-6a3e-7c4d-9b1a-2f6d1c0e8a77
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        context = context_of(platform, session, "cli")
        result = replay_file(context, file_id, actor=actor(by))
    if as_json:
        print_json(result.as_json())
    elif result.status != "refused":
        show_result(result, f"file {file_id}, read again")
    explain_result(result)


@explain_errors
def approve(file_id: FileId, by: By = None, as_json: Json = False) -> None:
    """Remove the cars that were kept because a full feed lacked too many of them. Cars named since then stay.

    Example: automart feeds approve 0198c1f2-6a3e-7c4d-9b1a-2f6d1c0e8a77 --by ayesha
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        context = context_of(platform, session)
        decision = approve_removals(context, file_id, actor=actor(by))
    _print_result(decision, "removed", "named again since and kept", as_json=as_json)


@explain_errors
def undo(file_id: FileId, by: By = None, as_json: Json = False) -> None:
    """Bring back the cars that a file removed. Cars that a newer file calls sold or removed again stay removed.

    Example: automart feeds undo 0198c1f2-6a3e-7c4d-9b1a-2f6d1c0e8a77 --by ayesha
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        context = context_of(platform, session)
        decision = undo_removals(context, file_id, actor=actor(by))
    _print_result(decision, "brought back", "not, because of newer files", as_json=as_json)


def _print_result(decision: RemovalDecision, done: str, left: str, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(decision))
        return
    more = f"; {decision.left:,} {left}" if decision.left else ""
    typer.echo(printable(f"{decision.file}: {decision.changed:,} cars {done}{more}."))

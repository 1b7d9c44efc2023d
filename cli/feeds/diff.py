"""`automart feeds diff`: show what a file would change, car by car."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from cli.feeds.importing import explain_result, show_result
from cli.feeds.options import MappingName, SnapshotAt, chosen_mapping, file_content, moment
from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import printable
from core.db.session import transaction
from core.errors import InvalidInputError
from core.identity.orgs import get_org
from core.platform import open_platform
from pipelines.imports import Delivery, FeedDiff, context_of, diff_delivery, diff_replay

_LONGEST_VALUE = 60


@explain_errors
def diff_command(
    file: Annotated[str, typer.Argument(help="A file, with --dealer; or the id of a stored file, read again.")],
    dealer: Annotated[str | None, typer.Option(help="Code of the dealer whose stock the file is.")] = None,
    mapping: MappingName = None,
    snapshot_at: SnapshotAt = None,
    limit: Annotated[int, typer.Option(min=0, help="Show at most this many cars of each kind (text only).")] = 50,
    as_json: Json = False,
) -> None:
    """Show which cars a file would create, update (column: old -> new) and remove. Nothing is changed.

    Exit code: 0, or 2 where the file would be refused.

    Example: automart feeds diff stock.csv --dealer khan-motors
    """
    found = _diff(file, dealer, mapping, snapshot_at)
    if as_json:
        print_json(found.as_json())
    elif found.result.status != "refused":
        _show(found, limit)
    explain_result(found.result)


def _diff(file: str, dealer: str | None, mapping: str | None, snapshot_at: str | None) -> FeedDiff:
    file_id = None if dealer is not None else _file_id(file)
    when = moment(snapshot_at)
    content = nullcontext(b"") if file_id is not None else file_content(Path(file))
    with content as data, open_platform() as platform, transaction(platform.sessions) as session:
        context = context_of(platform, session)
        if file_id is not None:
            return diff_replay(context, file_id)
        org = get_org(session, dealer or "")
        chosen = chosen_mapping(org, mapping, platform.storage)
        return diff_delivery(context, Delivery(org, Path(file).name, data, chosen, when))


def _file_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInputError(
            f"{text!r} is no file id: for a file on disk say whose it is with --dealer CODE.", code="no_dealer"
        ) from error


def _show(found: FeedDiff, limit: int) -> None:
    show_result(found.result, "what would change", dry_run=True)
    lines = [f"+ {key}  {title}" for key, title in list(found.created.items())[:limit]]
    for key, columns in list(found.updated.items())[:limit]:
        lines.append(f"~ {key}")
        lines += [f"    {name}: {_short(old)} -> {_short(new)}" for name, (old, new) in columns.items()]
    lines += [f"- {key}  {title}" for key, title in list(found.removed.items())[:limit]]
    for line in lines:
        typer.echo(printable(line))
    cars = max(len(found.created), len(found.updated), len(found.removed))
    if cars > limit:
        typer.echo(f"At most {limit} cars of each kind are shown; --json has all.")


def _short(value: object) -> str:
    text = "nothing" if value in (None, "", []) else f"{value:,}" if isinstance(value, int) else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"

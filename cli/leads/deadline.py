"""`automart leads deadline`: compute when an answer is due."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from core.errors import InvalidInputError
from pipelines.leads.calendars.instants import read_instant
from pipelines.leads.calendars.reading import parse_calendar
from pipelines.leads.sla.deadline import Deadline, deadline, working_time
from pipelines.leads.sla.moments_file import read_moments
from pipelines.leads.sla.policy import LONGEST_MINUTES, ClockPolicy


@explain_errors
def deadline_command(
    calendar: Annotated[Path, typer.Option(help="TOML file of the business calendar; docs/leads.md shows its form.")],
    start: Annotated[
        str, typer.Option("--from", help='When the message came: "2026-11-27 12:30", local or with offset.')
    ],
    minutes: Annotated[int, typer.Option(help=f"Promised working minutes, 1 to {LONGEST_MINUTES}.")],
    events: Annotated[
        Path | None, typer.Option(help='JSON lines: {"at", "kind": pause, resume, answer, auto_reply, reassigned}.')
    ] = None,
    as_json: Json = False,
) -> None:
    """Compute when an answer is due by a business calendar, and when to warn; with events, whether it was in time.

    With --json: {"due", "warnings": [{"percent", "at"}], "paused": [{"from", "to"}]},
    with --events also "answered_at" and "breached". due is null while a pause has no end; a clock that no event answers
    counts as breached once its deadline is known.

    Example: automart leads deadline --calendar calendar.toml --from "2026-11-27 12:30" --minutes 60
    """
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise InvalidInputError(f"--minutes must be 1 to {LONGEST_MINUTES}, not {minutes}.", code="bad_minutes")
    opening = parse_calendar(calendar.read_bytes())
    started_at = read_instant(start, opening.zone)
    moments = () if events is None else read_moments(events.read_bytes(), opening.zone)
    found = deadline(started_at, ClockPolicy(minutes=minutes), opening, moments)
    if as_json:
        print_json(_as_json(found, with_events=events is not None))
        return
    _print(found, with_events=events is not None)
    if found.answered_at is not None:
        took = working_time(opening, started_at, found.answered_at, found.paused)
        typer.echo(f"Working time until the answer: {took}.")


def _as_json(found: Deadline, *, with_events: bool) -> dict[str, object]:
    shown: dict[str, object] = {
        "due": _text(found.due),
        "warnings": [{"percent": warning.percent, "at": _text(warning.at)} for warning in found.warnings],
        "paused": [{"from": _text(pause.start), "to": _text(pause.end)} for pause in found.paused],
    }
    if with_events:
        shown |= {"answered_at": _text(found.answered_at), "breached": found.breached_by(None)}
    return shown


def _print(found: Deadline, *, with_events: bool) -> None:
    typer.echo(f"Due: {_text(found.due) or 'not before the pause ends'}")
    for warning in found.warnings:
        typer.echo(f"Warning at {warning.percent} %: {_text(warning.at) or 'not before the pause ends'}")
    for pause in found.paused:
        typer.echo(f"Paused: {_text(pause.start)} to {_text(pause.end) or 'now'}")
    if with_events:
        typer.echo(f"Answered: {_text(found.answered_at) or 'not yet'}")
        typer.echo(f"Breached: {'yes' if found.breached_by(None) else 'no'}")


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()

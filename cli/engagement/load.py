"""`automart engagement load`: take in batches of events from a file."""

import gzip
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import IO, Annotated

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from core.platform import open_platform
from core.security.platform_keys import open_keys
from pipelines.engagement.loading import LineAnswer, answer_line, load_lines
from serving.engagement.capture import open_reader


@explain_errors
def load_command(
    file: Annotated[Path, typer.Argument(help="JSON lines, one batch a line; a name that ends in .gz is unpacked.")],
    answers: Annotated[
        Path | None, typer.Option(help="Write the answer to each line here, as JSON lines, in the order of the lines.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Load batches of events from a file of JSON lines, as apps post them; each event counts once.

    A line may say when its batch was received (`received_at`) and by which `user_agent` it was sent; the answers are
    those of POST /v1/events. Loading a file again adds nothing. Exit status 1 where a whole line was refused.
    With --json: {"batches", "events", "accepted", "duplicate", "rejected", "refused_batches", "codes"}.

    Example: automart engagement load batches.jsonl --answers answers.jsonl
    """
    with ExitStack() as stack:
        lines = stack.enter_context(_opened(file))
        out = stack.enter_context(answers.open("w", encoding="utf-8")) if answers is not None else None
        platform = stack.enter_context(open_platform())

        def print_answer(answer: LineAnswer) -> None:
            if out is not None:
                out.write(f"{answer_line(answer)}\n")
            if answer.code is not None:
                typer.echo(f"Line {answer.line} ({answer.code}): {answer.detail}", err=True)

        report = load_lines(platform.sessions, open_reader(open_keys(platform.settings).index), lines, print_answer)
    if as_json:
        print_json(asdict(report))
    else:
        typer.echo(
            f"{report.batches} batches with {report.events} events: {report.accepted} accepted, {report.duplicate}"
            f" duplicate, {report.rejected} rejected; {report.refused_batches} batches refused."
        )
        for code, count in sorted(report.codes.items()):
            typer.echo(f"  {code}: {count}")
    if report.refused_batches:
        raise typer.Exit(1)


def _opened(file: Path) -> IO[bytes]:
    if file.suffix == ".gz":
        return gzip.open(file, "rb")  # type: ignore[return-value]  # it reads as a file does
    return file.open("rb")

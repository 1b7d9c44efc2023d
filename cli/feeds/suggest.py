"""`automart feeds suggest` and `automart feeds save-mapping`: find out how to read an unknown file, and keep it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.acts import record_on
from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import printable
from core.db.session import transaction
from core.errors import InvalidInputError
from core.platform import open_platform
from core.settings import Settings, load_settings
from pipelines.feeds.mapping.store import save_mapping
from pipelines.feeds.readers.limits import limits_of
from pipelines.feeds.suggest.suggest import suggest_mapping
from pipelines.feeds.suggest.toml_writer import mapping_toml


@explain_errors
def suggest(
    file: Annotated[Path, typer.Argument(help="A file as the dealer sends it, plain or packed.")],
    save: Annotated[
        str | None, typer.Option(help="Keep the proposal as a mapping of this name (khan-motors or khan-motors.toml).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Propose how to read an unknown file, with the reason of every choice, as a mapping to correct and keep.

    On stdout stands the mapping alone, so it can go to a file: every line says how sure it is (0 to 1) and why; what a
    person must decide stands on top and on stderr. Nothing is read into listings. Try the saved proposal with
    `automart feeds import FILE --dealer CODE --mapping NAME --dry-run`,
    correct it, raise its version, and keep it with `automart feeds save-mapping`.

    Example: automart feeds suggest stock.csv > khan-motors.toml
    """
    settings = load_settings()
    name = (save or "suggested").removesuffix(".toml")
    found = suggest_mapping(_read(file), name, limits=limits_of(settings))
    text = mapping_toml(found)
    if save is not None:
        _keep(settings, name, text.encode(errors="replace"))  # TOML has no half characters
    if as_json:
        choices = [{key: value for key, value in asdict(each).items() if key != "alias"} for each in found.choices]
        print_json({"mapping": text, "choices": choices, "notes": found.notes, "not_read": found.unused})
        return
    typer.echo(printable_lines(text))
    for note in found.notes:
        typer.echo(f"Note: {printable(note)}", err=True)
    if save is not None:
        typer.echo(
            f"Kept as {name}. Try it: automart feeds import {file} --dealer CODE --mapping {name} --dry-run", err=True
        )


@explain_errors
def save_mapping_command(
    file: Annotated[Path, typer.Argument(help="A mapping as TOML; its name is the file's.")],
) -> None:
    """Keep a corrected mapping. Changed since it was kept last? Raise its `version`: files are then read again.

    Example: automart feeds save-mapping khan-motors.toml
    """
    mapping = _keep(load_settings(), file.name.removesuffix(".toml"), _read(file))
    typer.echo(f"Kept {mapping}. Give it to a dealer: automart dealers add CODE --name NAME --mapping {file.stem}")


def _keep(settings: Settings, name: str, text: bytes) -> str:
    with open_platform(settings) as platform, transaction(platform.sessions) as session:
        mapping = save_mapping(platform.storage, name, text)
        record_on(session, "feeds.save_mapping", ("mapping", mapping.name), None, {"version": mapping.version})
    return f"{mapping.name} version {mapping.version}"


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{str(file)!r} cannot be read: {error.strerror}.", code="file_unreadable") from error


def printable_lines(text: str) -> str:
    """Replace what would steer a terminal in each line; a mapping repeats the dealer's own headers."""
    return "\n".join(printable(line) for line in text.splitlines())

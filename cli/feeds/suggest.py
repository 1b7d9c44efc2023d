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
from core.identity.orgs import get_org
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
    dealer: Annotated[str | None, typer.Option(help="With --save: code of the dealer whose mapping it is.")] = None,
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
        keep_mapping(settings, dealer, name, text.encode(errors="replace"))  # TOML has no half characters
    if as_json:
        choices = [{key: value for key, value in asdict(each).items() if key != "alias"} for each in found.choices]
        print_json({"mapping": text, "choices": choices, "notes": found.notes, "not_read": found.unused})
        return
    typer.echo(printable_lines(text))
    for note in found.notes:
        typer.echo(f"Note: {printable(note)}", err=True)
    if save is not None:
        typer.echo(
            f"Kept as {name}. Try it: automart feeds import {file} --dealer {dealer} --mapping {name} --dry-run",
            err=True,
        )


@explain_errors
def save_mapping_command(
    file: Annotated[Path, typer.Argument(help="A mapping as TOML; its name is the file's.")],
    dealer: Annotated[str, typer.Option(help="Code of the dealer whose mapping it is; nobody else can use it.")],
    default: Annotated[
        bool, typer.Option("--default", help="Read the dealer's files by it from now on, where none is named.")
    ] = False,
) -> None:
    """Keep a corrected mapping. Changed since it was kept last? Raise its `version`: files are then read again.

    Earlier versions are kept: `GET /v1/feeds/{dealer}/mappings/{name}` shows them.

    Example: automart feeds save-mapping khan-motors.toml --dealer khan-motors --default
    """
    mapping = keep_mapping(
        load_settings(), dealer, file.name.removesuffix(".toml"), _read(file), becomes_default=default
    )
    typer.echo(f"Kept {mapping} of {dealer}{', which reads its files from now on' if default else ''}.")


def keep_mapping(
    settings: Settings, dealer: str | None, name: str, text: bytes, *, becomes_default: bool = False
) -> str:
    """Keep a mapping of a dealer, and say which version it is.

    Raises:
        InvalidInputError: `no_dealer`, or as `save_mapping`.
    """
    if dealer is None:
        raise InvalidInputError("Say with --dealer CODE whose mapping it is.", code="no_dealer")
    with open_platform(settings) as platform, transaction(platform.sessions) as session:
        org = get_org(session, dealer)
        mapping = save_mapping(platform.storage, name, text, org.id)
        if becomes_default:
            org.default_mapping = mapping.name
        facts = {"version": mapping.version, "default": becomes_default}
        record_on(session, "feeds.save_mapping", ("mapping", mapping.name), org.id, facts)
    return f"{mapping.name} version {mapping.version}"


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{str(file)!r} cannot be read: {error.strerror}.", code="file_unreadable") from error


def printable_lines(text: str) -> str:
    """Replace what would steer a terminal in each line; a mapping repeats the dealer's own headers."""
    return "\n".join(printable(line) for line in text.splitlines())

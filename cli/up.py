"""`automart up`: run the API, the Dagster UI with its daemon, and the index follower on AUTOMART_HOME."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Annotated

import typer
from rich.console import Console

from assets.runs import own_instance
from cli.output import explain_errors
from cli.ports import free_port
from cli.services import Service, start, stop_all, until_interrupted, wait_until_ready, watch
from core.platform import Platform, open_platform
from core.search import open_search_engine
from core.settings import Settings, load_settings
from pipelines.search.follow import follow_index
from pipelines.search.rebuild import RebuildLimits

ROOT = Path(__file__).parents[1]  # the folder of our packages: the checkout, or site-packages


@explain_errors
def up(
    api_port: Annotated[int | None, typer.Option(help="Port of the API; API_PORT, else 8000.")] = None,
    dagster_port: Annotated[int | None, typer.Option(help="Port of the Dagster UI; DAGSTER_PORT, else 3000.")] = None,
) -> None:
    """Start the API, the Dagster UI and its daemon; stay up until Ctrl-C.

    Parts that no setting names run embedded under AUTOMART_HOME. A taken port is named, and the next free one used.
    The API is up as soon as it answers; the Dagster UI, which takes longer, is waited for beside it.

    Example: automart up --api-port 8080
    """
    settings = load_settings().model_copy(
        update={k: v for k, v in {"api_port": api_port, "dagster_port": dagster_port}.items() if v is not None}
    )
    with own_instance(settings.dagster_home) as instance:
        serve(settings, instance, Console(stderr=not sys.stdout.isatty()))


def serve(settings: Settings, instance: Path, console: Console) -> None:
    """Run the services until Ctrl-C or until the API ends by itself. The caller owns the Dagster instance."""
    # The platform stays open here, so the embedded database outlives every child that joins it.
    with (
        until_interrupted(),
        open_platform(settings) as platform,
        _running(settings, instance, console) as (api, dagster),
        _following(platform),
    ):
        console.print(f"  {api.name:<12} {api.address}/docs\nCtrl-C stops everything.")
        watch(api, [dagster], lambda sentence: console.print(sentence, markup=False, highlight=False))
    console.print("Stopped.")


@contextmanager
def _running(settings: Settings, instance: Path, console: Console) -> Iterator[tuple[Service, Service]]:
    """Start both services and wait for the API alone: the UI may be slow, or fail, without taking it down."""
    services: list[Service] = []
    try:
        services.append(_dagster(settings, instance, console))
        services.append(_api(settings, console))
        dagster, api = services
        with console.status("Waiting for the API"):
            wait_until_ready(api)
        yield api, dagster
    finally:
        stop_all(services)


@contextmanager
def _following(platform: Platform) -> Iterator[None]:
    """Keep the search index level by the second while the block lasts."""
    engine, limits, stop = open_search_engine(platform.settings), RebuildLimits.of(platform.settings), Event()
    follower = Thread(target=follow_index, args=(platform.sessions, engine, stop, limits), name="search-follower")
    follower.start()
    try:
        yield
    finally:
        stop.set()
        follower.join()


def _dagster(settings: Settings, instance: Path, console: Console) -> Service:
    host, port = settings.dagster_host, _port("Dagster UI", settings.dagster_host, settings.dagster_port, console)
    workspace = str(instance / "workspace.yaml")
    command = ["dagster", "dev", "-w", workspace, "-h", host, "-p", str(port)]
    home = {"DAGSTER_HOME": str(instance)}
    return start(
        "Dagster UI", command, host=host, port=port, health="/server_info", cwd=ROOT, settings=settings, variables=home
    )


def _api(settings: Settings, console: Console) -> Service:
    host, port = settings.api_host, _port("API", settings.api_host, settings.api_port, console)
    command = ["api", "--host", host, "--port", str(port)]
    return start("API", command, host=host, port=port, health="/healthz", cwd=ROOT, settings=settings)


def _port(name: str, host: str, wanted: int, console: Console) -> int:
    port = free_port(host, wanted)
    if port.taken_by is not None:
        console.print(f"Port {wanted} is taken by {port.taken_by}; the {name} uses {port.number}.")
    return port.number

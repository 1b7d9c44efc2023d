"""`automart up`: the Dagster UI, its daemon, the API and the index's follower, on what stands in AUTOMART_HOME."""

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

ROOT = Path(__file__).parents[1]
_LANDING = {"API": "/docs"}


@explain_errors
def up(
    api_port: Annotated[int | None, typer.Option(help="Port of the API; API_PORT, else 8000.")] = None,
    dagster_port: Annotated[int | None, typer.Option(help="Port of the Dagster UI; DAGSTER_PORT, else 3000.")] = None,
) -> None:
    """Start the Dagster UI, its daemon and the API; stay up until Ctrl-C.

    Parts that no setting names run embedded under AUTOMART_HOME. A taken port is named, and the next free one used.
    """
    settings = load_settings().model_copy(
        update={k: v for k, v in {"api_port": api_port, "dagster_port": dagster_port}.items() if v is not None}
    )
    with own_instance(ROOT, settings.dagster_home):
        serve(settings, Console(stderr=not sys.stdout.isatty()))


def serve(settings: Settings, console: Console) -> None:
    """Run the services until Ctrl-C or until one of them ends by itself. The caller owns the instance."""
    # The platform stays open here, so the embedded database outlives every child that joins it.
    with (
        until_interrupted(),
        open_platform(settings) as platform,
        _running(settings, console) as services,
        _following(platform),
    ):
        for service in services:
            console.print(f"  {service.name:<12} http://{service.host}:{service.port}{_LANDING.get(service.name, '')}")
        console.print("Ctrl-C stops everything.")
        watch(services)
    console.print("Stopped.")


@contextmanager
def _running(settings: Settings, console: Console) -> Iterator[list[Service]]:
    services: list[Service] = []
    try:
        services.append(_dagster(settings, console))
        services.append(_api(settings, console))
        with console.status("Waiting for the Dagster UI and the API"):
            for service in services:
                wait_until_ready(service)
        yield services
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


def _dagster(settings: Settings, console: Console) -> Service:
    host, port = settings.api_host, _port("Dagster UI", settings.api_host, settings.dagster_port, console)
    command = ["dagster", "dev", "-w", str(ROOT / "workspace.yaml"), "-h", host, "-p", str(port)]
    return start("Dagster UI", command, host=host, port=port, health="/server_info", cwd=ROOT, settings=settings)


def _api(settings: Settings, console: Console) -> Service:
    host, port = settings.api_host, _port("API", settings.api_host, settings.api_port, console)
    command = ["api", "--host", host, "--port", str(port)]
    return start("API", command, host=host, port=port, health="/healthz", cwd=ROOT, settings=settings)


def _port(name: str, host: str, wanted: int, console: Console) -> int:
    port = free_port(host, wanted)
    if port.taken_by is not None:
        console.print(f"Port {wanted} is taken by {port.taken_by}; the {name} uses {port.number}.")
    return port.number

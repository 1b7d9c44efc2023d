"""`automart up`: the Dagster UI, its daemon, the API and the background loops, on what stands in AUTOMART_HOME."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assets.runs import own_instance
from cli.output import explain_errors
from cli.ports import free_port
from cli.services import Service, start, stop_all, until_interrupted, wait_until_ready, watch
from core.platform import open_platform
from core.settings import Settings, load_settings

ROOT = Path(__file__).parents[1]
_LANDING = {"API": "/docs"}


@explain_errors
def up(
    api_port: Annotated[int | None, typer.Option(help="Port of the API; API_PORT, else 8000.")] = None,
    dagster_port: Annotated[int | None, typer.Option(help="Port of the Dagster UI; DAGSTER_PORT, else 3000.")] = None,
) -> None:
    """Start the Dagster UI, its daemon, the API and the background loops (`automart work`); stay up until Ctrl-C.

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
    with until_interrupted(), open_platform(settings), _running(settings, console) as services:
        for service in (each for each in services if each.port):
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
        services.append(_loops(settings))
        with console.status("Waiting for the Dagster UI and the API"):
            for service in (each for each in services if each.port):
                wait_until_ready(service)
        yield services
    finally:
        stop_all(services)


def _dagster(settings: Settings, console: Console) -> Service:
    host, port = settings.api_host, _port("Dagster UI", settings.api_host, settings.dagster_port, console)
    command = ["dagster", "dev", "-w", str(ROOT / "workspace.yaml"), "-h", host, "-p", str(port)]
    return start("Dagster UI", command, host=host, port=port, health="/server_info", cwd=ROOT, settings=settings)


def _api(settings: Settings, console: Console) -> Service:
    host, port = settings.api_host, _port("API", settings.api_host, settings.api_port, console)
    command = ["uvicorn", "--factory", "api.app:create_app_from_env", "--host", host, "--port", str(port)]
    return start("API", command, host=host, port=port, health="/healthz", cwd=ROOT, settings=settings)


def _loops(settings: Settings) -> Service:
    """`automart work`. It listens on no port: `/readyz` of the API tells which loops are alive."""
    return start("Loops", ["cli", "work"], host="", port=0, health="", cwd=ROOT, settings=settings)


def _port(name: str, host: str, wanted: int, console: Console) -> int:
    port = free_port(host, wanted)
    if port.taken_by is not None:
        console.print(f"Port {wanted} is taken by {port.taken_by}; the {name} uses {port.number}.")
    return port.number

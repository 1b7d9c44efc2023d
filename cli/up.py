"""`automart up`: run the API, the Dagster UI with its daemon, and the background loops on AUTOMART_HOME."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assets.runs import own_instance
from cli.output import explain_errors
from cli.processes.ports import free_port
from cli.processes.services import Program, Service, start, stop_all, until_interrupted, wait_until_ready, watch
from core.platform import open_platform
from core.settings import NOT_FOR_THE_API, Settings, load_settings

ROOT = Path(__file__).parents[1]  # the folder of our packages: the checkout, or site-packages


@explain_errors
def up(
    api_port: Annotated[int | None, typer.Option(help="Port of the API; API_PORT, else 8000.")] = None,
    dagster_port: Annotated[int | None, typer.Option(help="Port of the Dagster UI; DAGSTER_PORT, else 3000.")] = None,
) -> None:
    """Start the API, the Dagster UI with its daemon, and the background loops; stay up until Ctrl-C.

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
        open_platform(settings),
        _running(settings, instance, console) as (api, others),
    ):
        console.print(f"  {api.name:<12} {api.address}/docs\nCtrl-C stops everything.")
        watch(api, others, lambda sentence: console.print(sentence, markup=False, highlight=False))
    console.print("Stopped.")


@contextmanager
def _running(settings: Settings, instance: Path, console: Console) -> Iterator[tuple[Service, list[Service]]]:
    """Start the services and wait for the API alone: the others may be slow, or fail, without taking it down."""
    services: list[Service] = []
    try:
        services.append(_dagster(settings, instance, console))
        services.append(_api(settings, console))
        services.append(_loops(settings))
        dagster, api, loops = services
        with console.status("Waiting for the API"):
            wait_until_ready(api)
        yield api, [dagster, loops]
    finally:
        stop_all(services)


def _dagster(settings: Settings, instance: Path, console: Console) -> Service:
    host, port = settings.dagster_host, _port("Dagster UI", settings.dagster_host, settings.dagster_port, console)
    workspace = str(instance / "workspace.yaml")
    command = ["dagster", "dev", "-w", workspace, "-h", host, "-p", str(port)]
    home = {"DAGSTER_HOME": str(instance)}
    return start(Program("Dagster UI", command, host, port, "/server_info", home), settings, cwd=ROOT)


def _api(settings: Settings, console: Console) -> Service:
    host, port = settings.api_host, _port("API", settings.api_host, settings.api_port, console)
    command = ["api", "--host", host, "--port", str(port)]
    program = Program("API", command, host, port, "/healthz", withheld=NOT_FOR_THE_API)
    return start(program, settings, cwd=ROOT)


def _loops(settings: Settings) -> Service:
    """Start `automart work`, which listens on no port: `/readyz` of the API tells which loops are alive."""
    return start(Program("Loops", ["cli", "work"]), settings, cwd=ROOT)


def _port(name: str, host: str, wanted: int, console: Console) -> int:
    port = free_port(host, wanted)
    if port.taken_by is not None:
        console.print(f"Port {wanted} is taken by {port.taken_by}; the {name} uses {port.number}.")
    return port.number

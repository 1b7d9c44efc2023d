"""`automart work`: the background loops of all domains, in one process."""

import threading
from typing import Annotated

import typer

from cli.output import explain_errors
from cli.processes.services import until_interrupted
from core.platform import open_platform
from core.settings import comma_list
from core.work.loop import declared_loops
from core.work.worker import Worker


@explain_errors
def work(
    only: Annotated[
        str, typer.Option(help="Domains, or loops by name, separated by commas; without it, all of them.")
    ] = "",
) -> None:
    """Run the background loops of all domains until Ctrl-C; `automart up` starts this by itself.

    A loop runs in one process at a time: start several, on any hosts, and each takes over what another leaves or can
    no longer do. `/readyz` shows which loops are alive. Example: automart work --only search
    """
    loops = declared_loops(("pipelines", "serving"), comma_list(only))
    typer.echo(f"Loops: {', '.join(loop.name for loop in loops)}. Ctrl-C stops them.", err=True)
    with until_interrupted(), open_platform() as platform:
        Worker(platform, loops, threading.Event()).run()

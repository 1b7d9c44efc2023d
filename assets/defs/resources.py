"""Provide the resources that every definition can ask for by name."""

from collections.abc import Iterator

import dagster as dg

from core.platform import Platform, open_platform


@dg.resource(description="Settings, database and storage; `core.settings` is where they are configured.")
def platform() -> Iterator[Platform]:
    """Open the platform when a run starts and close it when the run ends, however it ends."""
    with open_platform() as opened:
        yield opened


@dg.definitions
def resources() -> dg.Definitions:
    """Provide `platform`. Steps of a run share one process, hence one opened platform."""
    return dg.Definitions(resources={"platform": platform}, executor=dg.in_process_executor)

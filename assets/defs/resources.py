"""The resources that every definition can ask for by name."""

import dagster as dg

from assets.resources import PlatformResource


@dg.definitions
def resources() -> dg.Definitions:
    """`platform`: settings, database and storage. Steps of a run share one process, hence one opened platform."""
    return dg.Definitions(resources={"platform": PlatformResource()}, executor=dg.in_process_executor)

"""What assets get handed: the platform, opened for as long as one run lasts."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from pydantic import PrivateAttr

from core.platform import Platform, open_platform


class PlatformResource(dg.ConfigurableResource[Platform]):
    """Settings, database and storage. It has no configuration of its own: `core.settings` is where that lives."""

    _platform: Platform | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Platform]:
        """Open the platform when a run starts and close it when the run ends, however it ends."""
        with open_platform() as platform:
            yield platform

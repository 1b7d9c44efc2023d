"""The caller who manages listings, with the keys that seal and open what is its own alone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from core.access.principal import Principal
from core.security.platform_keys import PlatformKeys


@dataclass(frozen=True)
class Manager:
    """Somebody who manages listings, and the keys for chassis numbers, opened where there is a number."""

    principal: Principal
    open_keys: Callable[[], PlatformKeys] = field(repr=False)

    @classmethod
    def of(cls, principal: Principal, keys: PlatformKeys) -> Self:
        """Make the manager of keys that are open."""
        return cls(principal, lambda: keys)

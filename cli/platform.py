"""What a command stands on; see `core.platform`."""

from core.platform import Platform, open_platform

__all__ = ["Platform", "open_platform"]

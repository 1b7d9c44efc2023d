"""Outbound connections."""

from pydantic import Field

from core.settings.part import SettingsPart


class EgressSettings(SettingsPart):
    """Outbound connections."""

    outbound_allow_hosts: str = Field(
        default="",
        description="Hosts, by commas, that may have private addresses for any outbound request; never link-local.",
    )

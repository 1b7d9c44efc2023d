"""Settings of outbound connections."""

from pydantic import Field, SecretStr

from core.settings.part import SettingsPart


class EgressSettings(SettingsPart):
    """Settings of outbound connections."""

    outbound_allow_hosts: str = Field(
        default="",
        description="Hosts, by commas, that may have private addresses for any outbound request; never link-local.",
    )
    outbound_proxy: SecretStr | None = Field(
        default=None,
        description="Proxy for outbound HTTP to public hosts, as http://proxy:3128; the environment names none.",
    )

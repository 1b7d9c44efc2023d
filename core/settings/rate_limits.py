"""Rate limits: where calls are counted, and whose word for an address is believed."""

from pydantic import Field, SecretStr

from core.settings.part import SettingsPart


class RateLimitSettings(SettingsPart):
    """Rate limits: where calls are counted, and whose word for an address is believed."""

    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis or Valkey for rate limits; unset: PostgreSQL for codes, else each process.",
    )
    trusted_proxies: str = Field(
        default="", description="Addresses or networks, by commas, whose X-Forwarded-For is believed."
    )

"""Settings of rate limits: where calls are counted, and which proxies are trusted for client addresses."""

from pydantic import Field, SecretStr

from core.settings.part import SettingsPart


class RateLimitSettings(SettingsPart):
    """Settings of rate limits: where calls are counted, and which proxies are trusted for client addresses."""

    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis or Valkey for rate limits; unset: PostgreSQL for codes, else each process.",
    )
    trusted_proxies: str = Field(
        default="", description="Addresses or networks, by commas, whose X-Forwarded-For is believed."
    )

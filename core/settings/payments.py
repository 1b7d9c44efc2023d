"""Deposits and the providers of payments."""

from pydantic import Field, SecretStr

from core.settings.part import SettingsPart


class PaymentSettings(SettingsPart):
    """Deposits and the providers of payments."""

    payment_providers: str = Field(
        default="sandbox", description="Providers, by commas, that buyers may pay at: sandbox."
    )
    payment_sandbox_url: str = Field(
        default="http://127.0.0.1:8099", description="Where the sandbox provider is; see `automart deposits sandbox`."
    )
    payment_sandbox_secret: SecretStr = Field(
        default=SecretStr("sandbox"), description="The key that the sandbox signs callbacks with."
    )
    deposits_pay_minutes: int = Field(default=15, ge=1, le=120, description="How long an unpaid deposit keeps a car.")
    deposits_unpaid_per_person: int = Field(default=2, ge=1, description="Most unpaid deposits of a person at once.")
    deposits_refund_limit_pkr: int = Field(
        default=100_000, ge=0, description="Refunds above it, summed a deposit or a person's day, need a second person."
    )

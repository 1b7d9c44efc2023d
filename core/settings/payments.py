"""Settings of deposits and payment providers."""

from pydantic import Field, SecretStr

from core.settings.part import SettingsPart


class PaymentSettings(SettingsPart):
    """Settings of deposits and payment providers."""

    payment_providers: str = Field(
        default="sandbox",
        description="Providers, by commas, that buyers pay at: sandbox, jazzcash, safepay, payfast, easypaisa, bank.",
    )
    payment_sandbox_url: str = Field(
        default="http://127.0.0.1:8099", description="Where the sandbox provider is; see `automart deposits sandbox`."
    )
    payment_sandbox_secret: SecretStr = Field(
        default=SecretStr("sandbox"), description="The key that the sandbox signs callbacks with."
    )
    payment_return_url: str | None = Field(
        default=None, description="The page of the shop that buyers see after a payment; without it, a plain one."
    )
    payment_jazzcash_url: str = Field(default="https://sandbox.jazzcash.com.pk", description="JazzCash's address.")
    payment_jazzcash_merchant: str | None = Field(default=None, description="The merchant's id at JazzCash.")
    payment_jazzcash_password: SecretStr | None = Field(default=None, description="The merchant's password there.")
    payment_jazzcash_salt: SecretStr | None = Field(default=None, description="The integrity salt of JazzCash.")
    payment_safepay_url: str = Field(
        default="https://sandbox.api.getsafepay.com", description="Safepay's address for calls."
    )
    payment_safepay_pages_url: str = Field(
        default="https://sandbox.api.getsafepay.com/components", description="Safepay's address of payment pages."
    )
    payment_safepay_environment: str = Field(default="sandbox", description="Safepay's word for what its address is.")
    payment_safepay_merchant: str | None = Field(default=None, description="The public key of the Safepay account.")
    payment_safepay_secret: SecretStr | None = Field(default=None, description="The secret key of the account.")
    payment_safepay_webhook_secret: SecretStr | None = Field(
        default=None, description="The secret that Safepay signs notifications with."
    )
    payment_payfast_url: str = Field(
        default="https://ipguat.apps.net.pk", description="The address of PayFast (gopayfast.com) for payment pages."
    )
    payment_payfast_api_url: str | None = Field(default=None, description="PayFast's address for inquiries.")
    payment_payfast_merchant: str | None = Field(default=None, description="The merchant's id at PayFast.")
    payment_payfast_secured_key: SecretStr | None = Field(default=None, description="The secured key of PayFast.")
    payment_easypaisa_url: str = Field(
        default="https://easypaystg.easypaisa.com.pk", description="Easypaisa's address."
    )
    payment_easypaisa_merchant: str | None = Field(default=None, description="The number of the store at Easypaisa.")
    payment_easypaisa_account: str | None = Field(default=None, description="The merchant's account number there.")
    payment_easypaisa_user: str | None = Field(default=None, description="The name for Easypaisa's API.")
    payment_easypaisa_password: SecretStr | None = Field(default=None, description="The password for that API.")
    payment_easypaisa_key: SecretStr | None = Field(
        default=None, description="The platform's RSA key in PEM, its lines joined by \\n."
    )
    payment_easypaisa_their_key: str | None = Field(
        default=None, description="Easypaisa's public RSA key in PEM, its lines joined by \\n."
    )
    payment_bank_iban: str | None = Field(default=None, description="The IBAN that deposits are transferred to.")
    payment_bank_title: str | None = Field(default=None, description="Whose account that is.")
    deposits_pay_minutes: int = Field(default=15, ge=1, le=120, description="How long an unpaid deposit keeps a car.")
    deposits_unpaid_per_person: int = Field(default=2, ge=1, description="Most unpaid deposits of a person at once.")
    deposits_refund_limit_pkr: int = Field(
        default=100_000, ge=0, description="Refunds above it, summed a deposit or a person's day, need a second person."
    )

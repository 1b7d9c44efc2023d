"""Make the providers that the settings name, each with its own settings, or say which one is missing."""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import SecretStr

from core.errors import InvalidInputError
from core.settings import Settings, comma_list
from pipelines.deposits.providers.bank import Bank
from pipelines.deposits.providers.easypaisa import Easypaisa
from pipelines.deposits.providers.jazzcash import JazzCash
from pipelines.deposits.providers.payfast import PayFast
from pipelines.deposits.providers.port import Provider
from pipelines.deposits.providers.safepay import Safepay
from pipelines.deposits.providers.sandbox import Sandbox
from pipelines.deposits.providers.signed_json import private_key, public_key

PAGES: Final = "/v1/payments/pages"


class ProviderNotSetUpError(InvalidInputError):
    """A provider is named, and a setting of it is missing or wrong."""

    code = "provider_not_set_up"

    def __init__(self, provider: str, setting: str, wrong: str = "is not set") -> None:
        super().__init__(
            f"PAYMENT_PROVIDERS names {provider}, and {setting.upper()} {wrong}: set it, or leave the provider out."
        )


def open_providers(settings: Settings) -> Mapping[str, Provider]:
    """Return the providers by name.

    Raises:
        InvalidInputError: the settings name one that there is not.
        ProviderNotSetUpError: one lacks a setting.
    """
    names = comma_list(settings.payment_providers)
    if unknown := sorted(set(names) - set(_KNOWN)):
        raise InvalidInputError(
            f"PAYMENT_PROVIDERS names {', '.join(unknown)}; there are {', '.join(sorted(_KNOWN))}.",
            code="unknown_provider",
        )
    return {name: _KNOWN[name](_Given(settings, name)) for name in names}


class _Given:
    """The settings of one provider."""

    def __init__(self, settings: Settings, provider: str) -> None:
        self._settings, self._provider = settings, provider
        self.own = (settings.api_public_url or f"http://{settings.api_host}:{settings.api_port}").rstrip("/")
        self.page = self.own + PAGES
        self.callbacks = f"{self.own}/v1/payments/{provider}/callbacks"
        self.returns = f"{self.own}/v1/payments/{provider}/return"

    def __call__(self, name: str) -> str:
        """Return a setting as text.

        Raises:
            ProviderNotSetUpError: it is not set.
        """
        setting = f"payment_{self._provider}_{name}"
        value: object = getattr(self._settings, setting)
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not isinstance(text, str) or not text.strip():
            raise ProviderNotSetUpError(self._provider, setting)
        return text.strip().rstrip("/") if name.endswith("url") else text.strip()


def _sandbox(given: _Given) -> Provider:
    return Sandbox(given("url"), given("secret"))


def _jazzcash(given: _Given) -> Provider:
    own = {"page": given.page, "returns": given.returns}
    return JazzCash(given("url"), given("merchant"), given("password"), given("salt"), **own)


def _safepay(given: _Given) -> Provider:
    keys = {"secret": given("secret"), "webhook_secret": given("webhook_secret")}
    own = {"environment": given("environment"), "returns": given.returns}
    return Safepay(given("url"), given("pages_url"), given("merchant"), **keys, **own)


def _payfast(given: _Given) -> Provider:
    own = {"page": given.page, "callbacks": given.callbacks, "returns": given.returns}
    return PayFast(given("url"), given("api_url"), given("merchant"), given("secured_key"), **own)


def _easypaisa(given: _Given) -> Provider:
    keys = {}
    for name, read in (("key", private_key), ("their_key", public_key)):
        pem = given(name)
        try:
            keys[name] = read(pem)
        except ValueError as error:
            wrong = "is no RSA key in the form PEM"
            raise ProviderNotSetUpError("easypaisa", f"payment_easypaisa_{name}", wrong) from error
    names = (given("user"), given("password"))
    return Easypaisa(given("url"), given("merchant"), given("account"), names, page=given.page, **keys)  # type: ignore[arg-type]


def _bank(given: _Given) -> Provider:
    return Bank(given("iban"), given("title"), given.page)


_KNOWN: Final[Mapping[str, Callable[[_Given], Provider]]] = {
    "sandbox": _sandbox,
    "jazzcash": _jazzcash,
    "safepay": _safepay,
    "payfast": _payfast,
    "easypaisa": _easypaisa,
    "bank": _bank,
}

"""Make the providers that the settings name."""

from collections.abc import Mapping

from core.errors import InvalidInputError
from core.settings import Settings, comma_list
from pipelines.deposits.providers.port import Provider
from pipelines.deposits.providers.sandbox import Sandbox


def open_providers(settings: Settings) -> Mapping[str, Provider]:
    """Return the providers by name.

    Raises:
        InvalidInputError: the settings name one that there is not.
    """
    known = {"sandbox": _sandbox}
    names = comma_list(settings.payment_providers)
    if unknown := sorted(set(names) - set(known)):
        raise InvalidInputError(
            f"PAYMENT_PROVIDERS names {', '.join(unknown)}; there are {', '.join(sorted(known))}.",
            code="unknown_provider",
        )
    return {name: known[name](settings) for name in names}


def _sandbox(settings: Settings) -> Provider:
    return Sandbox(settings.payment_sandbox_url.rstrip("/"), settings.payment_sandbox_secret.get_secret_value())

"""Send requests to a provider's server over HTTP, and accept only a JSON object of at most 256 KiB as its answer.

The addresses come from settings, and so are trusted. Nothing of a request or an answer is logged.
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from core.money import BadAmountError, paisa_of_decimal
from pipelines.deposits.providers.port import ProviderUnavailableError

_MOST_BYTES: Final = 256 * 1024
_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Call:
    """Hold a request to a provider: `body` is sent as JSON, `form` as a form."""

    method: str
    url: str
    body: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """A status below 500 and a JSON object, whose fractions are the text that they were written as."""

    status: int
    body: dict[str, Any]
    text: str = ""


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """Read the system's certificates, once: it takes longer than a call."""
    return ssl.create_default_context()


def call(provider: str, request: Call, seconds: float = _SECONDS) -> Answer:
    """Send a request and return the answer.

    Raises:
        ProviderUnavailableError: there was none, it came too late, or it is a failure of the server or no JSON object.
    """
    import httpx

    try:
        with httpx.Client(timeout=seconds, trust_env=False, follow_redirects=False, verify=_certificates()) as client:
            answer = client.request(
                request.method,
                request.url,
                json=request.body if request.form is None else None,
                data=request.form,
                headers=dict(request.headers),
            )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProviderUnavailableError(provider, type(error).__name__) from error
    if answer.status_code >= 500 or answer.is_redirect or len(answer.content) > _MOST_BYTES:
        raise ProviderUnavailableError(provider, f"status {answer.status_code}")
    try:
        text = answer.content.decode()
        body = json.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise ProviderUnavailableError(provider, "no JSON") from error
    if not isinstance(body, dict):
        raise ProviderUnavailableError(provider, "no JSON object")
    return Answer(answer.status_code, body, text)


def paisa_of(amount: object) -> int:
    """Convert rupees of an answer, written as a JSON number or text, to paisa.

    Raises:
        BadAmountError: it is none, has fractions of a paisa, an exponent or a sign.
    """
    whole = isinstance(amount, int) and not isinstance(amount, bool)
    return paisa_of_decimal(str(amount) if whole else amount)


def amount_of(provider: str, body: Mapping[str, Any], name: str) -> int:
    """Return what was paid, in paisa.

    Raises:
        ProviderUnavailableError: the answer tells no amount.
    """
    try:
        return paisa_of(body[name])
    except (KeyError, BadAmountError) as error:
        raise ProviderUnavailableError(provider, "a payment without an amount") from error


def text_of(body: Mapping[str, Any], name: str) -> str:
    """Return a member of an answer as text, or "" where there is none or it is no text and no number."""
    value = body.get(name)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def text_or_default(provider: str, body: Mapping[str, Any], name: str, default: str) -> str:
    """Return a member of an answer as text; where it is missing, null or empty, what it can only be.

    Raises:
        ProviderUnavailableError: it is of another kind.
    """
    if body.get(name) in (None, ""):
        return default
    text = text_of(body, name)
    if not text:
        raise ProviderUnavailableError(provider, "an answer that cannot be read")
    return text

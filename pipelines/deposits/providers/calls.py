"""Call a provider's server over HTTP, and take nothing but a JSON object of a sane size for an answer.

The addresses come from settings, and so are trusted. Nothing of a request or an answer is logged.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pipelines.deposits.providers.port import ProviderUnavailableError

_MOST_BYTES: Final = 256 * 1024
_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Call:
    """A request: `form` or `body` is sent as such."""

    method: str
    url: str
    body: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """A status below 500 and a JSON object."""

    status: int
    body: dict[str, Any]


def call(provider: str, request: Call, seconds: float = _SECONDS) -> Answer:
    """Send a request and return the answer.

    Raises:
        ProviderUnavailableError: there was none, it came too late, or it is a failure of the server or no JSON object.
    """
    import httpx

    try:
        with httpx.Client(timeout=seconds, trust_env=False, follow_redirects=False) as client:
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
        body = json.loads(answer.content)
    except ValueError as error:
        raise ProviderUnavailableError(provider, "no JSON") from error
    if not isinstance(body, dict):
        raise ProviderUnavailableError(provider, "no JSON object")
    return Answer(answer.status_code, body)

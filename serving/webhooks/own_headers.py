"""Check the headers that a partner wants sent with each message."""

import re
from collections.abc import Mapping
from typing import Final

from serving.webhooks.errors import BadHeadersError

MOST_HEADERS: Final = 10
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE: Final = re.compile(r"[!-~]([ -~]{0,998}[!-~])?")
_OURS: Final = frozenset(
    {
        "host", "content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive",
        "te", "trailer", "upgrade", "expect", "proxy-authorization", "proxy-connection", "accept-encoding",
        "user-agent", "cookie",
    }
)  # fmt: skip


def require_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers that can be sent: none that HTTP or the signature needs, no control characters.

    Raises:
        BadHeadersError: one cannot.
    """
    if len(headers) > MOST_HEADERS:
        raise BadHeadersError(f"A webhook has at most {MOST_HEADERS} headers of its own.")
    seen: set[str] = set()
    for name, value in headers.items():
        low = name.lower()
        if _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
            raise BadHeadersError(f"The header {name!r} holds characters that HTTP does not allow.")
        if low in _OURS or low.startswith(("webhook-", "content-")):
            raise BadHeadersError(f"The header {name!r} is set by the platform.")
        if low in seen:
            raise BadHeadersError(f"The header {name!r} is named twice.")
        seen.add(low)
    return dict(headers)

"""Follow redirects by hand: each address is checked like the first one."""

from urllib.parse import urljoin

from core.egress.errors import RedirectNotAllowedError

MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)


def redirected(url: str, location: str) -> str:
    """Return the address of a redirect, to be resolved and checked in its turn; it may not leave encryption.

    Raises:
        RedirectNotAllowedError: it names no address, or one of another kind.
    """
    try:
        there = urljoin(url, location)
    except ValueError:
        there = ""
    allowed = ("https://",) if url.startswith("https://") else ("http://", "https://")
    if not location or not there.startswith(allowed):
        raise RedirectNotAllowedError("The server redirects to an address that is not https://.")
    return there

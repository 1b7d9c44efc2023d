"""Reach checked addresses by a proxy of this installation, for networks that let nothing else out.

The proxy is asked for the address, never for the name: what it would resolve the name to was not checked. TLS goes
through it to the host itself, so the certificate is checked for the host's name, as it is without a proxy.
"""

import ssl
from urllib.parse import urlsplit

from core.errors import PermanentError
from core.settings import Settings


class BadProxyError(PermanentError):
    """The proxy for outbound connections is no http:// address."""

    code = "bad_proxy"

    def __init__(self) -> None:
        super().__init__("OUTBOUND_PROXY is an address such as http://proxy.internal:3128, with user:password@ or not.")


def proxy_of(settings: Settings) -> str | None:
    """Return the proxy that the settings name.

    Raises:
        BadProxyError: it names none.
    """
    if settings.outbound_proxy is None:
        return None
    setting = settings.outbound_proxy.get_secret_value()
    try:
        parts = urlsplit(setting)
        is_usable = parts.scheme == "http" and parts.hostname and parts.port and parts.path in ("", "/")
    except ValueError:
        is_usable = False
    if not is_usable:
        raise BadProxyError
    return setting


def named_trust(trust: ssl.SSLContext, host: str) -> ssl.SSLContext:
    """Return a context with the same authorities that expects the certificate of a host, whatever is connected to.

    The HTTP client takes the address in a tunnel for the name of the server.
    """
    named = _Named(ssl.PROTOCOL_TLS_CLIENT)
    named.load_verify_locations(cadata=b"".join(trust.get_ca_certs(binary_form=True)))
    named.host = host
    return named


class _Named(ssl.SSLContext):
    host: str

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,  # noqa: FBT001, FBT002  (as the standard library has it)
        server_hostname: str | bytes | None = None,  # noqa: ARG002  (the address)
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Wrap as the standard library does, for the host."""
        return super().wrap_bio(incoming, outgoing, server_side, self.host, session)

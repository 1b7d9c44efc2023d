"""Send an HTTP request to a checked address. Redirects are not followed: their address would need a check too."""

import logging
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from core.egress.addresses import PORTS, EgressRules, Target
from core.egress.errors import ServerUnreachableError
from core.egress.proxy import named_trust

TIMEOUT = httpx.Timeout(connect=10, read=30, write=10, pool=10)
_USER_AGENT = "automart/1"


@dataclass(frozen=True)
class Request:
    """An HTTP request. `user` and `password` go with it as basic authentication."""

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = None
    user: str | None = None
    password: str = field(default="", repr=False)


def trusted(rules: EgressRules) -> ssl.SSLContext:
    """Make a TLS context that trusts the public certificate authorities and the one that the rules name."""
    trust = httpx.create_ssl_context(trust_env=False)
    if rules.ca_file is not None:
        trust.load_verify_locations(rules.ca_file)
    return trust


@asynccontextmanager
async def send(
    target: Target, request: Request, trust: ssl.SSLContext, timeout: httpx.Timeout = TIMEOUT
) -> AsyncIterator[httpx.Response]:
    """Send one request over a connection of its own; see `Connections.send`."""
    connections = Connections(trust, timeout)
    try:
        async with connections.send(target, request) as answer:
            yield answer
    finally:
        await connections.close()


class Connections:
    """Connections to checked addresses, kept between requests, for senders with many of them.

    They are kept by host and by address: a certificate is checked once, when the connection is made, for that host.
    Each httpx client has one connection, and is lent to one request at a time: httpx's own pool
    looks through all of its connections at every request, which costs more than the request.
    """

    def __init__(self, trust: ssl.SSLContext, timeout: httpx.Timeout = TIMEOUT) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every URL, and a query may hold a secret
        self._trust, self._timeout = trust, timeout
        self._idle: defaultdict[tuple[str, str, str | None], list[httpx.AsyncClient]] = defaultdict(list)

    @asynccontextmanager
    async def send(self, target: Target, request: Request) -> AsyncIterator[httpx.Response]:
        """Connect to the checked address and give the answer while its body streams in.

        The request names the host, and the certificate must be the host's. No proxy of the environment is used: it
        would resolve the name again, and could reach a private address. The target's proxy gets the checked address.

        Raises:
            ServerUnreachableError: there was no answer in time, or no valid HTTP answer; also while the body is read.
        """
        auth = None if request.user is None else httpx.BasicAuth(request.user, request.password)
        idle = self._idle[target.host, target.ip, target.proxy]
        client = idle.pop() if idle else self._new_client(target)
        try:
            async with client.stream(
                request.method,
                _pinned(target),
                headers=_headers(target, request.headers),
                content=request.content,
                extensions={"sni_hostname": target.host},
                auth=auth,
            ) as answer:
                yield answer
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            reason = "it took too long" if isinstance(error, httpx.TimeoutException) else type(error).__name__
            raise ServerUnreachableError(f"The server did not answer: {reason}.") from error
        finally:
            idle.append(client)

    def _new_client(self, target: Target) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=self._trust if target.proxy is None else named_trust(self._trust, target.host),
            timeout=self._timeout,
            trust_env=False,
            proxy=target.proxy,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # keeps none: requests share a client
        )

    async def close(self) -> None:
        """Close all connections that no request uses; the next request opens new ones."""
        for clients in self._idle.values():
            for client in clients:
                await client.aclose()
        self._idle.clear()


async def read_at_most(answer: httpx.Response, most: int) -> bytes | None:
    """Read the body of an answer as it comes, without unpacking anything; None where it has more bytes."""
    read = bytearray()
    async for piece in answer.aiter_raw():
        read += piece
        if len(read) > most:
            return None
    return bytes(read)


def _pinned(target: Target) -> str:
    ip = f"[{target.ip}]" if ":" in target.ip else target.ip
    return f"{target.scheme}://{ip}:{target.port}{target.path}"


def _headers(target: Target, given: Mapping[str, str]) -> dict[str, str]:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return {
        "Host": host if target.port == PORTS[target.scheme] else f"{host}:{target.port}",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "User-Agent": _USER_AGENT,
        **given,
    }

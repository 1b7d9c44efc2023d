"""Allow public addresses only: a feed source is an address that a stranger tells our servers to read.

It could otherwise make us read the cloud's metadata, the database or a neighbour's admin page. So a host is resolved
here, every address of it is checked, and the connection goes to the checked address itself: the name is not looked up
again, so it cannot mean something else a moment later (DNS rebinding).
"""

import asyncio
import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from core.errors import InvalidInputError
from core.settings import Settings
from pipelines.feeds.pull.errors import PullError

PORTS = {"http": 80, "https": 443, "sftp": 22}
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_TRANSLATED = ip_network("::ffff:0:0:0/96")
_ROUTED = ip_network("2000::/3")  # the only part of IPv6 that is given out to the public
_COMPATIBLE = ip_network("::/96")


@dataclass(frozen=True)
class AddressRule:
    """The exceptions of this installation from "public addresses over encrypted connections"; by default none."""

    hosts: frozenset[str] = frozenset()
    """Host names or addresses, as the URL writes them, that may be private."""
    http: bool = False
    ca_file: Path | None = None
    """One more certificate authority to trust, beside the public ones."""

    @classmethod
    def of(cls, settings: Settings) -> "AddressRule":
        """Make the rule that the settings state."""
        hosts = settings.feed_pull_allow_hosts.split(",")
        names = frozenset(host.strip().lower() for host in hosts if host.strip())
        return cls(names, settings.feed_pull_allow_http, settings.feed_pull_ca_file)


@dataclass(frozen=True)
class Target:
    """A checked address: connect to `ip`, address the request to `host`."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query; for SFTP the path on the server."""
    ip: str


def split_url(url: str, rule: AddressRule) -> SplitResult:
    """Split a URL into its parts, if it may be read at all.

    Raises:
        InvalidInputError: `bad_url`, `scheme_not_allowed` or `secret_in_url`.
    """
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > 2000:
        raise InvalidInputError("A URL is one line of ASCII without spaces or backslashes.", code="bad_url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidInputError(f"This is no URL: {error}.", code="bad_url") from error
    allowed = ("https", "sftp", "http") if rule.http else ("https", "sftp")
    if parts.scheme not in allowed:
        raise InvalidInputError(
            f"Files are pulled from {' or '.join(f'{scheme}://' for scheme in allowed)} addresses only.",
            code="scheme_not_allowed",
        )
    if not parts.hostname or port == 0 or parts.fragment:
        raise InvalidInputError("The URL needs a host, and no #fragment.", code="bad_url")
    if parts.username is not None or parts.password is not None:
        raise InvalidInputError(
            "Leave user and password out of the URL: put them into FEED_PULL_CREDENTIALS and name the entry with"
            " --credential.",
            code="secret_in_url",
        )
    return parts


def shown_url(url: str) -> str:
    """Hide the query of a URL, which could hold a secret, from logs and people."""
    return re.sub(r"\?.*", "?…", url)


async def resolve(url: str, rule: AddressRule) -> Target:
    """Resolve the URL's host, and check every address of it.

    Raises:
        InvalidInputError: the URL may not be read at all (see `split_url`).
        PullError: `address_not_allowed` where any address of the host is not public; `host_not_found`.
    """
    parts = split_url(url, rule)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or PORTS[parts.scheme]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PullError(f"The host {host} is not known to DNS.", code="host_not_found") from error
    addresses = [str(entry[4][0]) for entry in found]
    if host.lower() not in rule.hosts and not all(_is_public(address) for address in addresses):
        raise PullError(
            f"The host {host} has an address that is not public, and those are never read.", code="address_not_allowed"
        )
    path = parts.path or "/"
    path += f"?{parts.query}" if parts.query and parts.scheme != "sftp" else ""
    return Target(parts.scheme, host, port, path, addresses[0])


def _is_public(text: str) -> bool:
    address = ip_address(text.partition("%")[0])
    inner = _inside(address)
    if inner is not None:
        return _is_public(str(inner))
    if address.version == 6 and address not in _ROUTED:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inside(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """Extract the IPv4 address inside an IPv6 one: mapped, translated (NAT64, SIIT), compatible, 6to4 or Teredo."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    wraps = address in _TRANSLATED or any(address in network for network in _NAT64)
    if wraps or (address in _COMPATIBLE and int(address) > 0xFFFF):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None

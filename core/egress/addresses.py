"""Allow public addresses only: an address that a stranger names could make our servers read what is ours.

It could otherwise reach the cloud's metadata, the database or a neighbour's admin page. So a host is resolved here
once, every address of it is checked, and the connection goes to the checked address itself: the name is not looked up
again, so it cannot mean something else a moment later (DNS rebinding). Addresses from settings (issuer, mail server,
stores) are trusted and do not come here.
"""

import asyncio
import re
import socket
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from core.egress.errors import (
    AddressNotAllowedError,
    BadUrlError,
    HostNotFoundError,
    PortNotAllowedError,
    SchemeNotAllowedError,
    SecretInUrlError,
)
from core.settings import comma_list

PORTS = {"http": 80, "https": 443, "sftp": 22, "ftps": 990, "ftpes": 21}
_FILE_SERVERS = frozenset({"sftp", "ftps", "ftpes"})
"""Schemes whose path names a file as it is, after %-escapes, without a query. FTP: TLS at once, or after AUTH TLS."""
_LONGEST_URL = 2_000
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_TRANSLATED = ip_network("::ffff:0:0:0/96")
_ROUTED = ip_network("2000::/3")  # the only part of IPv6 that is given out to the public
_COMPATIBLE = ip_network("::/96")
_NEVER = (
    ip_network("169.254.0.0/16"),  # link-local: metadata of AWS, Google, Azure, DigitalOcean, Oracle, OpenStack
    ip_network("168.63.129.16/32"),  # Azure's host agent, though it is a public address
    ip_network("100.100.100.200/32"),  # metadata of Alibaba
    ip_network("192.0.0.192/32"),  # metadata of Oracle's older machines
    ip_network("fe80::/10"),  # link-local
    ip_network("fd00:ec2::/32"),  # metadata and name servers of AWS
    ip_network("fd20:ce::/32"),  # metadata of Google
)
"""Link-local and metadata addresses: no setting opens them."""


@dataclass(frozen=True)
class EgressRules:
    """The exceptions of this installation from "public addresses over encrypted connections"; by default none."""

    private_hosts: frozenset[str] = frozenset()
    """Host names or addresses, as the URL writes them, that may be private; never link-local or metadata ones."""
    schemes: tuple[str, ...] = ("https",)
    ca_file: Path | None = None
    """One more certificate authority to trust, beside the public ones."""
    plain_private: bool = False
    """Whether `private_hosts` are reached over plain HTTP too."""
    ports: frozenset[int] | None = None
    """The ports that may be reached; None: any. Those of `private_hosts` are not limited."""
    own_address: tuple[str, int] | None = None
    """Host and port of our own API, which no setting opens."""
    proxy: str | None = field(default=None, repr=False)
    """The proxy for public hosts over HTTP (`core.egress.proxy`); `private_hosts` are reached directly."""


@dataclass(frozen=True)
class Target:
    """A checked address: connect to `ip`, address the request to `host`."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query; for SFTP and FTP the path on the server, without escapes."""
    ip: str
    proxy: str | None = field(default=None, repr=False)


def host_names(listed: str) -> frozenset[str]:
    """Split a setting of hosts with commas between them."""
    return frozenset(comma_list(listed.lower()))


def split_url(url: str, rules: EgressRules) -> SplitResult:
    """Split a URL into its parts, if it may be reached at all.

    Raises:
        BadUrlError, SchemeNotAllowedError, PortNotAllowedError, SecretInUrlError: as they say.
    """
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > _LONGEST_URL:
        raise BadUrlError("A URL is one line of ASCII without spaces or backslashes.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadUrlError(f"This is no URL: {error}.") from error
    is_allowed = (parts.hostname or "").rstrip(".").lower() in rules.private_hosts
    if parts.scheme not in rules.schemes and not (rules.plain_private and is_allowed and parts.scheme == "http"):
        raise SchemeNotAllowedError(list(rules.schemes))
    if not parts.hostname or port == 0 or parts.fragment:
        raise BadUrlError("The URL needs a host, and no #fragment.")
    if parts.scheme in _FILE_SERVERS and not unquote(parts.path).isprintable():
        raise BadUrlError("The path of a file is one line.")
    if rules.ports is not None and not is_allowed and (port or PORTS[parts.scheme]) not in rules.ports:
        raise PortNotAllowedError(sorted(rules.ports))
    if parts.username is not None or parts.password is not None:
        raise SecretInUrlError
    return parts


def shown_url(url: str) -> str:
    """Hide the query of a URL, which could hold a secret, from logs and people."""
    return re.sub(r"\?.*", "?…", url)


async def resolve(url: str, rules: EgressRules) -> Target:
    """Resolve the URL's host once, and check every address of it.

    Raises:
        InvalidInputError: the URL may not be reached at all (see `split_url`).
        HostNotFoundError, AddressNotAllowedError: as they say.
    """
    parts = split_url(url, rules)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or PORTS[parts.scheme]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HostNotFoundError(host) from error
    addresses = [str(entry[4][0]) for entry in found]
    private_allowed = host.lower() in rules.private_hosts
    if not addresses or not all(is_reachable(address, private_allowed=private_allowed) for address in addresses):
        raise AddressNotAllowedError(host)
    if any(_is_own(address, port, rules.own_address) for address in addresses):
        raise AddressNotAllowedError(host)
    is_file_server = parts.scheme in _FILE_SERVERS
    path = (unquote(parts.path) if is_file_server else parts.path) or "/"
    path += f"?{parts.query}" if parts.query and not is_file_server else ""
    proxy = None if private_allowed or is_file_server else rules.proxy
    # Behind a proxy an IPv4 address comes first: clients and proxies differ in how they write the others.
    ip = min(addresses, key=lambda address: ":" in address) if proxy else addresses[0]
    return Target(parts.scheme, host, port, path, ip, proxy)


def is_reachable(text: str, *, private_allowed: bool = False) -> bool:
    """Tell whether an IP address may be connected to; link-local and metadata addresses never may."""
    address = ip_address(text.partition("%")[0])
    inner = _inside(address)
    if any(each in network for each in (address, inner) if each is not None for network in _NEVER):
        return False
    if private_allowed:
        return True
    if inner is not None:
        return is_reachable(str(inner))
    if address.version == 6 and address not in _ROUTED:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_own(text: str, port: int, own: tuple[str, int] | None) -> bool:
    """Tell whether an address is that of our own API, which is at loopback too, or at all of this machine."""
    if own is None or port != own[1]:
        return False
    address = ip_address(text.partition("%")[0])
    address = _inside(address) or address
    if str(address) == own[0] or address.is_loopback or address.is_unspecified:
        return True
    return own[0] in ("0.0.0.0", "::") and _is_of_this_machine(address)  # noqa: S104  (compared, not bound)


def _is_of_this_machine(address: IPv4Address | IPv6Address) -> bool:
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))  # only addresses of a machine itself can be bound
        except OSError:
            return False
    return True


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

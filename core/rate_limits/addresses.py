"""The address that a request comes from, and the networks under which it is counted and recorded."""

from collections.abc import Collection, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from core.errors import InvalidInputError
from core.settings import comma_list

_HOSTS_OF_ONE_LINE: Final = 64
"""Providers give each customer a /64 of IPv6 at least: all of it is one caller."""
_RECORDED_OF_IPV4: Final = 24
"""Records name the network of a provider, not the line of a customer."""
UNKNOWN: Final = "unknown"

Network = IPv4Network | IPv6Network


class BadProxyError(InvalidInputError):
    """TRUSTED_PROXIES names something that is no address or network."""

    code = "bad_proxy"

    def __init__(self, named: str) -> None:
        super().__init__(f"TRUSTED_PROXIES are addresses or networks, by commas, such as 10.0.0.0/8; not {named!r}.")


def parse_proxies(text: str) -> tuple[Network, ...]:
    """Read TRUSTED_PROXIES.

    Raises:
        BadProxyError: one of them is no address or network.
    """
    return tuple(map(_network, comma_list(text)))


def client_address(peer: str | None, forwarded_for: Iterable[str], proxies: Collection[Network]) -> str:
    """Return the address of the client: the peer's or, where the peer is one of our proxies, what that one was told.

    Every proxy appends the address that it saw, so the list is read from its end; the first that is none of our
    proxies is the client. What stands before it was written by the client itself.
    """
    address = peer or ""
    hops = [hop.strip() for value in forwarded_for for hop in value.split(",")]
    while hops and _is_within(address, proxies):
        address = hops.pop()
    return address


@lru_cache(maxsize=4096)
def counted_address(address: str) -> str:
    """Return the text under which an address is counted: IPv4 as it is, IPv6 by its /64."""
    found = _address(address)
    if found is None:
        return UNKNOWN
    if isinstance(found, IPv4Address):
        return str(found)
    return str(ip_network((found, _HOSTS_OF_ONE_LINE), strict=False))


@lru_cache(maxsize=4096)
def address_class(address: str) -> str | None:
    """Return the network under which an address is recorded: /24 of IPv4, /64 of IPv6; None where it is no address."""
    found = _address(address)
    if found is None:
        return None
    length = _RECORDED_OF_IPV4 if isinstance(found, IPv4Address) else _HOSTS_OF_ONE_LINE
    return str(ip_network((found, length), strict=False))


@lru_cache(maxsize=4096)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def _is_within(text: str, networks: Collection[Network]) -> bool:
    if not networks:
        return False
    found = _address(text)
    return found is not None and any(found in network for network in networks)


def _network(text: str) -> Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise BadProxyError(text) from None
